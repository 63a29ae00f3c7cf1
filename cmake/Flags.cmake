# What every target is compiled and linked with: gv_flags.

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

add_library(gv_flags INTERFACE)
target_include_directories(gv_flags INTERFACE ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/src)
target_compile_definitions(gv_flags INTERFACE _GNU_SOURCE)
target_compile_options(gv_flags INTERFACE
    -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wconversion -Wno-sign-conversion
    $<$<BOOL:${GOLEM_VIDEO_WERROR}>:-Werror>
    # An assertion's file name does not depend on where the tree lies.
    -fmacro-prefix-map=${CMAKE_SOURCE_DIR}/=)

if(GOLEM_VIDEO_FUZZ)
    set(GOLEM_VIDEO_SANITIZE "fuzzer-no-link,address,undefined")
endif()
if(GOLEM_VIDEO_SANITIZE)
    set(sanitize -fsanitize=${GOLEM_VIDEO_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_compile_options(gv_flags INTERFACE ${sanitize})
    target_link_options(gv_flags INTERFACE ${sanitize})
endif()
