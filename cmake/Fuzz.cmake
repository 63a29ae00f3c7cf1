# tests/fuzz/<name>_fuzz.c -> fuzz/<name>_fuzz; tools/fuzz runs them. They may use what the tests use.

file(GLOB harnesses CONFIGURE_DEPENDS tests/fuzz/*_fuzz.c)
foreach(harness IN LISTS harnesses)
    get_filename_component(stem ${harness} NAME_WE)
    add_executable(${stem} ${harness})
    set_target_properties(${stem} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
    target_link_libraries(${stem} PRIVATE gv_flags gv_support gv_cli gv_sandbox golemvideo_static gv_helper)
    target_include_directories(${stem} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
    target_link_options(${stem} PRIVATE -fsanitize=fuzzer)
    list(APPEND fuzzers ${stem})
endforeach()
add_custom_target(fuzzers DEPENDS ${fuzzers} golem-video-media)
