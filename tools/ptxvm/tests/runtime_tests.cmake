# Tests of the runtime library and the launcher. Programs in cuda/runtime_*.cu are built by nvcc with the shared runtime
# and PTX, and run under the launcher; without nvcc they are left out.
if(NOT TARGET ptxvm_cudart)
    return()
endif()
find_package(GTest REQUIRED)
include(GoogleTest)
add_executable(ptxvm_runtime_test ${CMAKE_CURRENT_LIST_DIR}/runtime_fatbin.cpp)
target_include_directories(ptxvm_runtime_test PRIVATE ${PTXVM_ZSTD_INCLUDE})
target_link_libraries(ptxvm_runtime_test PRIVATE ptxvm_core ptxvm_fatbin ptxvm_elf ${PTXVM_ZSTD_LIBRARY}
                      GTest::gtest_main)
gtest_discover_tests(ptxvm_runtime_test)

find_program(PTXVM_NVCC nvcc HINTS /usr/local/cuda/bin)
if(NOT PTXVM_NVCC)
    message(STATUS "ptxvm: no nvcc, the CUDA test programs are left out")
    return()
endif()
file(GLOB PTXVM_RUNTIME_PROGRAMS CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/cuda/runtime_*.cu)
foreach(SOURCE ${PTXVM_RUNTIME_PROGRAMS})
    get_filename_component(NAME ${SOURCE} NAME_WE)
    set(PROGRAM ${CMAKE_CURRENT_BINARY_DIR}/${NAME})
    set(EXTRA)
    if(NAME STREQUAL runtime_cublaslt)
        set(EXTRA -lcublasLt)
    elseif(NAME STREQUAL runtime_threads)
        set(EXTRA --default-stream per-thread)
    endif()
    add_custom_command(OUTPUT ${PROGRAM} DEPENDS ${SOURCE} ${CMAKE_CURRENT_LIST_DIR}/cuda/runtime_test.h
                       COMMAND ${PTXVM_NVCC} -std=c++17 --extended-lambda -cudart shared -gencode arch=compute_80,code=compute_80
                               -o ${PROGRAM} ${SOURCE} ${EXTRA} VERBATIM)
    add_custom_target(ptxvm_${NAME} ALL DEPENDS ${PROGRAM})
    add_test(NAME ptxvm.${NAME} COMMAND ptxvm ${PROGRAM})
    set_tests_properties(ptxvm.${NAME} PROPERTIES PASS_REGULAR_EXPRESSION "ok" FAIL_REGULAR_EXPRESSION "not true;gave")
endforeach()

# What the launcher refuses, with its remedy.
set(STATIC_PROGRAM ${CMAKE_CURRENT_BINARY_DIR}/runtime_static)
set(NO_PTX_PROGRAM ${CMAKE_CURRENT_BINARY_DIR}/runtime_no_ptx)
set(REFUSED_SOURCE ${CMAKE_CURRENT_LIST_DIR}/cuda/runtime_graphs.cu)
add_custom_command(OUTPUT ${STATIC_PROGRAM} DEPENDS ${REFUSED_SOURCE} VERBATIM
                   COMMAND ${PTXVM_NVCC} -gencode arch=compute_80,code=compute_80 -o ${STATIC_PROGRAM}
                           ${REFUSED_SOURCE})
add_custom_command(OUTPUT ${NO_PTX_PROGRAM} DEPENDS ${REFUSED_SOURCE} VERBATIM
                   COMMAND ${PTXVM_NVCC} -cudart shared -gencode arch=compute_80,code=sm_80 -o ${NO_PTX_PROGRAM}
                           ${REFUSED_SOURCE})
add_custom_target(ptxvm_runtime_refused ALL DEPENDS ${STATIC_PROGRAM} ${NO_PTX_PROGRAM})
add_test(NAME ptxvm.launcher_static COMMAND ptxvm ${STATIC_PROGRAM})
set_tests_properties(ptxvm.launcher_static PROPERTIES PASS_REGULAR_EXPRESSION "linked statically.*-cudart shared")
add_test(NAME ptxvm.launcher_no_ptx COMMAND ptxvm ${NO_PTX_PROGRAM})
set_tests_properties(ptxvm.launcher_no_ptx PROPERTIES PASS_REGULAR_EXPRESSION "embed PTX: -gencode")
add_test(NAME ptxvm.launcher_no_cuda COMMAND ptxvm /bin/ls)
set_tests_properties(ptxvm.launcher_no_cuda PROPERTIES PASS_REGULAR_EXPRESSION "does not use the CUDA runtime")
add_test(NAME ptxvm.launcher_bad_option COMMAND ptxvm --arch sm_10 /bin/ls)
set_tests_properties(ptxvm.launcher_bad_option PROPERTIES PASS_REGULAR_EXPRESSION "--arch knows sm_80")
