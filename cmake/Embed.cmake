# Files that are part of the program: gv_embed(<out source> <folder>) makes a C file of those of <folder>/page and of
# <folder>/openapi.json, with the table that server/assets.h declares. As a script (cmake -P) it writes that file.

# Without name and time, so that equal files give equal bytes.
function(gv_gzip out file)
    execute_process(COMMAND ${GZIP} -9nc ${file} OUTPUT_FILE ${out} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# A static array of the file's bytes by that name, and what a struct gv_asset_form says of it.
function(gv_array out_array out_form name file tag)
    file(READ ${file} bytes HEX)
    string(LENGTH "${bytes}" digits)
    math(EXPR size "${digits} / 2")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
    string(REPEAT "." 100 line) # twenty bytes
    string(REGEX REPLACE "(${line})" "\\1\n" bytes "${bytes}")
    set(${out_array} "static const unsigned char ${name}[] = {\n${bytes}0};\n" PARENT_SCOPE)
    set(${out_form} "{\"\\\"${tag}\\\"\", ${name}, ${size}}" PARENT_SCOPE)
endfunction()

function(gv_embed out folder)
    find_program(GZIP gzip REQUIRED)
    file(GLOB files CONFIGURE_DEPENDS ${folder}/page/* ${folder}/openapi.json)
    set(source ${CMAKE_BINARY_DIR}/generated/assets.c)
    string(REPLACE ";" "|" list "${files}")
    add_custom_command(
        OUTPUT ${source}
        COMMAND ${CMAKE_COMMAND} -DFILES=${list} -DSOURCE=${source} -DGZIP=${GZIP}
                -P ${CMAKE_SOURCE_DIR}/cmake/Embed.cmake
        DEPENDS ${files} ${CMAKE_SOURCE_DIR}/cmake/Embed.cmake
        COMMENT "Embedding the web page" VERBATIM)
    set(${out} ${source} PARENT_SCOPE)
endfunction()

if(NOT CMAKE_SCRIPT_MODE_FILE OR NOT DEFINED SOURCE)
    return()
endif()

set(type_html "text/html; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_mjs "text/javascript; charset=utf-8")
set(type_svg "image/svg+xml")
set(type_png "image/png")
set(type_ico "image/x-icon")
set(type_json "application/json")
set(type_woff2 "font/woff2")
set(type_webmanifest "application/manifest+json")

string(REPLACE "|" ";" FILES "${FILES}")
set(count 0)
foreach(file IN LISTS FILES)
    get_filename_component(name ${file} NAME)
    string(REGEX REPLACE ".*\\." "" ending ${name})
    if(NOT DEFINED type_${ending})
        message(FATAL_ERROR "${file}: cmake/Embed.cmake knows no content type for '.${ending}'")
    endif()
    file(SHA256 ${file} sha256)
    string(SUBSTRING ${sha256} 0 32 tag)
    gv_gzip(${SOURCE}.gz ${file})
    gv_array(plain_array plain asset_${count} ${file} ${tag})
    gv_array(gzip_array gzip asset_${count}_gzip ${SOURCE}.gz ${tag}-gzip)
    string(APPEND arrays "${plain_array}${gzip_array}")
    string(APPEND rows "    {\"${name}\", \"${type_${ending}}\", ${plain}, ${gzip}},\n")
    math(EXPR count "${count} + 1")
endforeach()
string(APPEND rows "    {NULL, NULL, {NULL, NULL, 0}, {NULL, NULL, 0}},\n")

file(WRITE ${SOURCE} "/* Made by cmake/Embed.cmake. */
#include \"server/assets.h\"

${arrays}
const struct gv_asset gv_assets[] = {
${rows}};
")
