# Programs that check what kernels compute, against host arithmetic. Built by nvcc and run under the launcher.
if(NOT TARGET ptxvm_cudart OR NOT PTXVM_NVCC)
    return()
endif()
file(GLOB PTXVM_VM_PROGRAMS CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/cuda/vm_*.cu)
foreach(SOURCE ${PTXVM_VM_PROGRAMS})
    get_filename_component(NAME ${SOURCE} NAME_WE)
    set(PROGRAM ${CMAKE_CURRENT_BINARY_DIR}/${NAME})
    add_custom_command(OUTPUT ${PROGRAM} DEPENDS ${SOURCE} ${CMAKE_CURRENT_LIST_DIR}/cuda/runtime_test.h
                       COMMAND ${PTXVM_NVCC} -std=c++17 --extended-lambda -lineinfo -cudart shared
                               -gencode arch=compute_80,code=compute_80 -o ${PROGRAM} ${SOURCE} VERBATIM)
    add_custom_target(ptxvm_${NAME} ALL DEPENDS ${PROGRAM})
    foreach(ROUNDING hardware exact)
        add_test(NAME ptxvm.${NAME}.${ROUNDING} COMMAND ptxvm --rounding ${ROUNDING} ${PROGRAM})
        set_tests_properties(ptxvm.${NAME}.${ROUNDING} PROPERTIES PASS_REGULAR_EXPRESSION "ok"
                             FAIL_REGULAR_EXPRESSION "not true;gave;not modelled")
    endforeach()
endforeach()
