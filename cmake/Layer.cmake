# A layer is a folder of src and a library of the same name.

# gv_sources(<out> <folder> [ONLY <regex> | EXCEPT <regex>]): the C files of the folder and of its
# sub-folders, found anew at each build.
function(gv_sources out folder)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "ONLY;EXCEPT" "")
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${folder}/*.c)
    if(arg_ONLY)
        list(FILTER sources INCLUDE REGEX "${arg_ONLY}")
    endif()
    if(arg_EXCEPT)
        list(FILTER sources EXCLUDE REGEX "${arg_EXCEPT}")
    endif()
    if(NOT sources)
        file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/empty.c CONTENT "enum { nothing_here_yet };\n")
        set(sources ${CMAKE_BINARY_DIR}/empty.c)
    endif()
    set(${out} ${sources} PARENT_SCOPE)
endfunction()

# gv_layer(<name> [LINKS ...] [PRIVATE_LINKS ...] [EXCEPT <regex>]): the library gv_<name> of src/<name>.
function(gv_layer name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "EXCEPT" "LINKS;PRIVATE_LINKS")
    gv_sources(sources src/${name} EXCEPT "${arg_EXCEPT}")
    add_library(gv_${name} STATIC ${sources})
    target_link_libraries(gv_${name} PUBLIC ${arg_LINKS} PRIVATE gv_flags ${arg_PRIVATE_LINKS})
endfunction()
