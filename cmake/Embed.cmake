# Files that are part of the program: gv_embed(<out source> <folder>) makes a C file of those of <folder>/page and of
# <folder>/openapi.json, with the table that server/assets.h declares. As a script (cmake -P) it writes that file.

function(gv_embed out folder)
    file(GLOB files CONFIGURE_DEPENDS ${folder}/page/* ${folder}/openapi.json)
    set(source ${CMAKE_BINARY_DIR}/generated/assets.c)
    string(REPLACE ";" "|" list "${files}")
    add_custom_command(
        OUTPUT ${source}
        COMMAND ${CMAKE_COMMAND} -DFILES=${list} -DSOURCE=${source} -P ${CMAKE_SOURCE_DIR}/cmake/Embed.cmake
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
    file(READ ${file} bytes HEX)
    file(SHA256 ${file} sha256)
    string(SUBSTRING ${sha256} 0 32 tag)
    string(LENGTH "${bytes}" digits)
    math(EXPR size "${digits} / 2")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
    string(REPEAT "." 100 line) # twenty bytes
    string(REGEX REPLACE "(${line})" "\\1\n" bytes "${bytes}")
    string(APPEND arrays "static const unsigned char asset_${count}[] = {\n${bytes}0};\n")
    string(APPEND rows "    {\"${name}\", \"${type_${ending}}\", \"\\\"${tag}\\\"\", asset_${count}, ${size}},\n")
    math(EXPR count "${count} + 1")
endforeach()
string(APPEND rows "    {NULL, NULL, NULL, NULL, 0},\n")

file(WRITE ${SOURCE} "/* Made by cmake/Embed.cmake. */
#include \"server/assets.h\"

${arrays}
const struct gv_asset gv_assets[] = {
${rows}};
")
