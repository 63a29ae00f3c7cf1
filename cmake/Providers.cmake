# Adding a provider is adding a folder: src/provider/<name>, or one named in GOLEM_VIDEO_EXTRA_PROVIDERS.
# The folder exports gv_provider_<name>; where it holds <name>_sandbox.c, also gv_emulator_<name>.

function(gv_providers target)
    # A folder under way, without C files, is nothing yet; one without <name>.c is no provider yet.
    file(GLOB files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} src/provider/*/*.c)
    list(TRANSFORM files REPLACE "/[^/]+$" "" OUTPUT_VARIABLE folders)
    list(REMOVE_DUPLICATES folders)
    list(SORT folders)
    list(TRANSFORM folders PREPEND ${CMAKE_SOURCE_DIR}/)

    foreach(folder IN LISTS folders GOLEM_VIDEO_EXTRA_PROVIDERS)
        get_filename_component(name ${folder} NAME)
        file(GLOB more CONFIGURE_DEPENDS ${folder}/*.c)
        if(NOT more)
            message(FATAL_ERROR "provider folder ${folder} has no C files")
        endif()
        list(APPEND sources ${more})
        if(EXISTS ${folder}/${name}.c)
            string(APPEND declarations "extern const struct gv_provider gv_provider_${name};\n")
            string(APPEND providers "    &gv_provider_${name},\n")
        endif()
        if(EXISTS ${folder}/${name}_sandbox.c)
            string(APPEND declarations "extern const struct gv_emulator gv_emulator_${name};\n")
            string(APPEND emulators "    &gv_emulator_${name},\n")
        endif()
    endforeach()

    set(registry ${CMAKE_BINARY_DIR}/generated/providers.c)
    file(CONFIGURE OUTPUT ${registry} @ONLY CONTENT [[
/* Made by cmake/Providers.cmake from the provider folders. */
#include "core/emulator.h"
#include "core/provider.h"

@declarations@
const struct gv_provider *const gv_providers[] = {
@providers@    NULL,
};

const struct gv_emulator *const gv_emulators[] = {
@emulators@    NULL,
};
]])
    # An object library: the core looks the table up, and archives are searched in one direction only.
    add_library(${target} OBJECT ${registry} ${sources})
    target_link_libraries(${target} PUBLIC gv_core PRIVATE gv_flags m)
endfunction()
