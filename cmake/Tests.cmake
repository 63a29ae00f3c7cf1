# Every tests/unit/<layer>/*_test.c is an executable of its own, linked with its layer and what lies below, so that
# a layer which reaches further than it may does not link.
#
# A limit in seconds guards against hanging, and is wide: a test is not wrong because the machine has much else to do.
set(seconds_short 300)
set(seconds_long 1800)

# Before the first run has measured them: the long ones begin first, so that none goes on alone at the end.
set(cost_crash 100)
set(cost_mutants 90)
set(cost_sdk 80)
set(cost_browser 80)
set(cost_integration 40)
set(cost_frame 40)
set(cost_sim 10)
set(cost_unit 2)
set(cost_conformance 2)

# The engine's tests bring their own world: the in-memory and virtual backends.
set(backends gv_journal gv_blob gv_http gv_loop gv_crypto gv_media)
set(links_base gv_base)
set(links_core gv_core)
set(links_provider gv_providers gv_core gv_crypto)
set(links_crypto gv_crypto)
set(links_loop gv_loop)
set(links_blob gv_blob gv_crypto)
set(links_journal gv_journal gv_loop gv_crypto)
set(links_http gv_http gv_loop gv_blob gv_crypto PkgConfig::SSL)
set(links_media gv_media gv_helper)
set(links_engine gv_providers gv_engine ${backends} gv_core)
set(links_api golemvideo_static)
set(links_sandbox gv_sandbox)
set(links_server gv_server)
set(links_cli gv_cli)

function(gv_test name source label seconds)
    add_executable(${name} ${source})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
    target_link_libraries(${name} PRIVATE gv_flags gv_support ${ARGN} PkgConfig::CMOCKA Threads::Threads m)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES LABELS ${label} TIMEOUT ${seconds} COST ${cost_${label}}
                         ENVIRONMENT "${test_environment}")
endfunction()

function(gv_script_test path label seconds)
    get_filename_component(stem ${path} NAME_WE)
    add_test(NAME ${label}.${stem} COMMAND bash ${path} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${label}.${stem} PROPERTIES LABELS ${label} TIMEOUT ${seconds} COST ${cost_${label}}
                         ENVIRONMENT "${test_environment}")
endfunction()

set(test_environment
    GOLEM_VIDEO=$<TARGET_FILE:golem-video>
    GOLEM_VIDEO_MEDIA=$<TARGET_FILE:golem-video-media>
    BUILD_DIR=${CMAKE_BINARY_DIR}
    SOURCE_DIR=${CMAKE_SOURCE_DIR}
    UBSAN_OPTIONS=print_stacktrace=1
    TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/tsan.supp
    SANITIZED=${GOLEM_VIDEO_SANITIZE})

gv_sources(support_sources tests/support)
list(APPEND support_sources ${CMAKE_SOURCE_DIR}/examples/provider/toy/toy.c) # what the engine is tested with
add_library(gv_support STATIC ${support_sources})
target_include_directories(gv_support PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(gv_support PRIVATE gv_flags PkgConfig::CMOCKA)

# Stands in front of the C library: linked by a test, or in LD_PRELOAD of a program. A sanitizer's place is the same.
gv_sources(preload_sources tests/preload)
foreach(source IN LISTS preload_sources)
    get_filename_component(stem ${source} NAME_WE)
    add_library(${stem} SHARED ${source})
    target_include_directories(${stem} PUBLIC ${CMAKE_SOURCE_DIR}/tests)
    target_link_libraries(${stem} PRIVATE gv_flags)
    set_target_properties(${stem} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
endforeach()

file(GLOB tests CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/tests/unit tests/unit/*/*_test.c)
if(GOLEM_VIDEO_SANITIZE)
    list(FILTER tests EXCLUDE REGEX "/memory_test\\.c$")
endif()
foreach(test IN LISTS tests)
    get_filename_component(layer ${test} DIRECTORY)
    get_filename_component(stem ${test} NAME_WE)
    if(NOT DEFINED links_${layer})
        message(FATAL_ERROR "tests/unit/${test}: cmake/Tests.cmake does not say what layer '${layer}' links")
    endif()
    set(seconds ${seconds_short})
    if(layer MATCHES "^(api|media)$" OR stem STREQUAL "memory_test") # films; a process for each allocation
        set(seconds ${seconds_long})
    endif()
    gv_test(unit.${layer}.${stem} ${CMAKE_SOURCE_DIR}/tests/unit/${test} unit ${seconds} ${links_${layer}})
    if(seconds EQUAL seconds_long)
        set_tests_properties(unit.${layer}.${stem} PROPERTIES COST ${cost_integration})
    endif()
    if(stem STREQUAL "memory_test")
        target_link_libraries(unit.${layer}.${stem} PRIVATE memory_fault)
    endif()
endforeach()

file(GLOB tests CONFIGURE_DEPENDS tests/conformance/*.c)
foreach(test IN LISTS tests)
    get_filename_component(stem ${test} NAME_WE)
    gv_test(conformance.${stem} ${test} conformance ${seconds_short} gv_journal gv_blob gv_loop gv_crypto)
endforeach()

# The simulated world, which the programs of tests/sim share.
gv_sources(sim_sources tests/sim/world)
add_library(gv_sim STATIC ${sim_sources})
target_include_directories(gv_sim PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(gv_sim PRIVATE gv_flags PkgConfig::CMOCKA)
file(GLOB tests CONFIGURE_DEPENDS tests/sim/*_test.c)
foreach(test IN LISTS tests)
    get_filename_component(stem ${test} NAME_WE)
    gv_test(sim.${stem} ${test} sim ${seconds_long} gv_sim gv_support ${links_engine})
endforeach()

# Each promise broken once; needs the programs above, and the whole machine for a while.
if(NOT GOLEM_VIDEO_SANITIZE)
    gv_script_test(tests/mutants/run.sh mutants ${seconds_long})
    set_tests_properties(mutants.run PROPERTIES PROCESSORS 2)
endif()

file(GLOB tests CONFIGURE_DEPENDS tests/integration/*.sh)
list(FILTER tests EXCLUDE REGEX "/lib\\.sh$")
if(GOLEM_VIDEO_SANITIZE) # whose runtime must come before what two of these preload, and whose memory is its own
    list(FILTER tests EXCLUDE REGEX "/(faults_clock|faults_memory|memory|providers_memory)\\.sh$")
endif()
foreach(test IN LISTS tests)
    gv_script_test(${test} integration ${seconds_long})
endforeach()

# The program, ended at each point at which it changes the world; `make crash-points` and its like try them all.
if(NOT GOLEM_VIDEO_SANITIZE) # whose runtime must be loaded before points.c
    add_library(crash_points MODULE tests/crash/points.c)
    set_target_properties(crash_points PROPERTIES PREFIX "" C_VISIBILITY_PRESET default
                          LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    target_link_libraries(crash_points PRIVATE gv_flags ${CMAKE_DL_LIBS})
    foreach(mode kill power term)
        add_test(NAME crash.${mode} COMMAND python3 tests/crash/crash.py ${mode} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
        set_tests_properties(crash.${mode} PROPERTIES LABELS crash TIMEOUT ${seconds_long} PROCESSORS 2
                             COST ${cost_crash}
                             ENVIRONMENT "${test_environment};CRASH_POINTS=$<TARGET_FILE:crash_points>")
    endforeach()
endif()

# Official SDKs as clients of the sandbox; skipped where they can't be had.
file(GLOB tests CONFIGURE_DEPENDS tests/sdk/*.sh)
list(FILTER tests EXCLUDE REGEX "/lib\\.sh$")
foreach(test IN LISTS tests)
    gv_script_test(${test} sdk ${seconds_long})
    get_filename_component(stem ${test} NAME_WE)
    set_tests_properties(sdk.${stem} PROPERTIES SKIP_RETURN_CODE 77)
endforeach()

# The server's page in a real browser; likewise.
gv_script_test(tests/browser/page.sh browser ${seconds_long})
set_tests_properties(browser.page PROPERTIES SKIP_RETURN_CODE 77)

# The frame: what installing, the headers and the checker promise. A sanitized library can't be linked as a user would.
file(GLOB tests CONFIGURE_DEPENDS tests/frame/*.sh)
if(GOLEM_VIDEO_SANITIZE)
    list(FILTER tests EXCLUDE REGEX "/(install|symbols)\\.sh$")
endif()
foreach(test IN LISTS tests)
    gv_script_test(${test} frame ${seconds_long})
endforeach()
