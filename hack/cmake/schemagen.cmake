# osbx_generate_kinds(TARGET): builds the host tool api/schemagen and adds what it makes of api/v1/*.schema.yaml to TARGET:
# <build>/gen/api/v1/<kind>.h, <kind>.cc and embedded_schemas.cc. Call it in the folder that made TARGET.
function(osbx_generate_kinds target)
  file(GLOB tool_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/api/schemagen/*.cc)
  add_executable(osbx-schemagen ${tool_sources})
  target_include_directories(osbx-schemagen PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(osbx-schemagen PRIVATE yaml-cpp nlohmann_json::nlohmann_json)
  # It runs during the build: no sanitizer, whatever the rest is built with.
  target_compile_options(osbx-schemagen PRIVATE -fno-sanitize=all)
  target_link_options(osbx-schemagen PRIVATE -fno-sanitize=all)

  set(output ${CMAKE_BINARY_DIR}/gen/api/v1)
  file(GLOB schemas CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/api/v1/*.schema.yaml)
  set(generated ${output}/embedded_schemas.cc)
  foreach(schema ${schemas})
    file(STRINGS ${schema} hand_written REGEX "^handWritten: true$")
    if(NOT hand_written)
      get_filename_component(kind ${schema} NAME_WE)
      list(APPEND generated ${output}/${kind}.h ${output}/${kind}.cc)
    endif()
  endforeach()
  add_custom_command(OUTPUT ${output}/stamp BYPRODUCTS ${generated}
    COMMAND osbx-schemagen ${output} ${schemas} COMMAND ${CMAKE_COMMAND} -E touch ${output}/stamp
    DEPENDS osbx-schemagen ${schemas} COMMENT "Generating kinds from api/v1/*.schema.yaml" VERBATIM)
  add_custom_target(osbx_kinds DEPENDS ${output}/stamp)
  set_source_files_properties(${generated} PROPERTIES GENERATED TRUE)
  target_sources(${target} PRIVATE ${generated})
  add_dependencies(${target} osbx_kinds)
endfunction()
