# osbx_static_program(TARGET): a small static program without sanitizers, which must not call NSS (the linker's warning about
# getpwnam, getaddrinfo and their like is an error: such a program can crash in a foreign image).
function(osbx_static_program target)
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/pkg)
  target_compile_definitions(${target} PRIVATE OSBX_VERSION="${PROJECT_VERSION}")
  target_compile_options(${target} PRIVATE -Os -fno-sanitize=all -ffunction-sections -fdata-sections)
  target_link_options(${target} PRIVATE -static -fno-sanitize=all -Wl,--gc-sections -Wl,--fatal-warnings -s)
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
endfunction()
