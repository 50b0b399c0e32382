# Static programs run in containers of any image, the empty one included: small, without sanitizers, and without NSS (the linker's
# warning about getpwnam, getaddrinfo and their like is an error: such a program can crash in a foreign image).

# The options of everything that goes into one.
function(osbx_static_options target)
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/pkg)
  target_compile_options(${target} PRIVATE -Os -fno-sanitize=all -ffunction-sections -fdata-sections)
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
endfunction()

# osbx_static_program(TARGET)
function(osbx_static_program target)
  osbx_static_options(${target})
  target_compile_definitions(${target} PRIVATE OSBX_VERSION="${PROJECT_VERSION}")
  target_link_options(${target} PRIVATE -static -fno-sanitize=all -Wl,--gc-sections -Wl,--fatal-warnings -s)
endfunction()

# osbx_plain_layers(): the two layers that static programs are built on.
#   osbx_base_plain  errors and logging to standard error; no spdlog, no OpenSSL
#   osbx_http_plain  pkg/http without TLS, and osbx_base_plain
function(osbx_plain_layers)
  set(base ${CMAKE_SOURCE_DIR}/pkg/base)
  add_library(osbx_base_plain STATIC ${base}/error.cc ${base}/code_table.cc ${base}/log_text.cc ${base}/utf8.cc ${base}/static/log_stderr.cc)
  osbx_static_options(osbx_base_plain)
  target_link_libraries(osbx_base_plain PUBLIC tl::expected)

  file(GLOB http CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/pkg/http/*.cc ${CMAKE_SOURCE_DIR}/pkg/http/static/*.cc)
  list(FILTER http EXCLUDE REGEX "/(session_)?tls\\.cc$")
  add_library(osbx_http_plain STATIC ${http})
  osbx_static_options(osbx_http_plain)
  target_link_libraries(osbx_http_plain PUBLIC osbx_base_plain Boost::headers)
endfunction()
