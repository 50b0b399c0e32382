# Compiler, language level, warnings and sanitizers: one place for all targets.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  message(FATAL_ERROR "gcc < 13 silently miscompiles co_await statements (docs/adr/0001-compiler.md): "
                      "use clang 16, e.g. `cmake --preset release`.")
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

set(OSBX_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=")
option(OSBX_FUZZ "Build the libFuzzer targets" OFF)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual -Wthread-safety)
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  add_compile_options(-Werror -gline-tables-only)
  string(REPLACE "-g" "" CMAKE_CXX_FLAGS_DEBUG "${CMAKE_CXX_FLAGS_DEBUG}")
else()
  set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
endif()
if(OSBX_SANITIZE)
  # -O0: building costs ten times what running does, and instrumented -O1 takes half as long again (tests: twice as long).
  add_compile_options(-fsanitize=${OSBX_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -O0)
  add_link_options(-fsanitize=${OSBX_SANITIZE})
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(-fuse-ld=lld-16)
endif()

# Beast translation units take about 1 GB each: at most two at a time.
set_property(GLOBAL PROPERTY JOB_POOLS heavy=2)
