install(TARGETS golem-video RUNTIME)
install(TARGETS golemvideo golemvideo_static LIBRARY ARCHIVE)
install(TARGETS golem-video-media RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/golem-video)
install(DIRECTORY include/golem_video DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")

file(GLOB pages CONFIGURE_DEPENDS docs/man/*.1)
install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)

file(RELATIVE_PATH pc_to_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" pc_to_prefix ${pc_to_prefix})
configure_file(golem-video.pc.in golem-video.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/golem-video.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
