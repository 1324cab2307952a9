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
    set(OPTIONS_hardware --rounding hardware)
    set(OPTIONS_exact --rounding exact --threads 1)
    set(OPTIONS_checked --check mem,init --seed 5 --threads 3)
    foreach(HOW hardware exact checked)
        add_test(NAME ptxvm.${NAME}.${HOW} COMMAND ptxvm ${OPTIONS_${HOW}} ${PROGRAM})
        set_tests_properties(ptxvm.${NAME}.${HOW} PROPERTIES PASS_REGULAR_EXPRESSION "ok"
                             FAIL_REGULAR_EXPRESSION "not true;gave;not modelled;ptxvm: ")
    endforeach()
endforeach()

# Unoptimised code: deep calls, and every variable in local memory.
set(PTXVM_DEBUG ${CMAKE_CURRENT_BINARY_DIR}/vm_libcudacxx_debug)
add_custom_command(OUTPUT ${PTXVM_DEBUG} DEPENDS ${CMAKE_CURRENT_LIST_DIR}/cuda/vm_libcudacxx.cu
                   COMMAND ${PTXVM_NVCC} -std=c++17 -G -cudart shared -gencode arch=compute_80,code=compute_80
                           -o ${PTXVM_DEBUG} ${CMAKE_CURRENT_LIST_DIR}/cuda/vm_libcudacxx.cu VERBATIM)
add_custom_target(ptxvm_vm_debug ALL DEPENDS ${PTXVM_DEBUG})
add_test(NAME ptxvm.vm_debug COMMAND ptxvm ${PTXVM_DEBUG})
set_tests_properties(ptxvm.vm_debug PROPERTIES PASS_REGULAR_EXPRESSION "ok" FAIL_REGULAR_EXPRESSION "not true;ptxvm: ")

# The instruction families' results as JSON, for comparison with a GPU's; what the ISA defines is checked on the way.
set(PTXVM_CONFORMANCE ${CMAKE_CURRENT_BINARY_DIR}/ptx_conformance)
add_custom_command(OUTPUT ${PTXVM_CONFORMANCE} VERBATIM
                   DEPENDS ${CMAKE_CURRENT_LIST_DIR}/cuda/ptx_conformance.cu
                           ${CMAKE_CURRENT_LIST_DIR}/cuda/conformance_cases.h
                   COMMAND ${PTXVM_NVCC} -std=c++17 -w -cudart shared -Xcompiler -frounding-math,-ffp-contract=off
                           -gencode arch=compute_80,code=compute_80 -o ${PTXVM_CONFORMANCE}
                           ${CMAKE_CURRENT_LIST_DIR}/cuda/ptx_conformance.cu)
add_custom_target(ptxvm_conformance ALL DEPENDS ${PTXVM_CONFORMANCE})
foreach(HOW hardware exact)
    add_test(NAME ptxvm.conformance.${HOW} COMMAND ptxvm --rounding ${HOW} ${PTXVM_CONFORMANCE} conformance_${HOW}.json)
    set_tests_properties(ptxvm.conformance.${HOW} PROPERTIES PASS_REGULAR_EXPRESSION "ok: 100 cases, 10192 results checked")
endforeach()

# Each planted bug of bugs.cu is named with what belongs to it, and its clean twin yields no report.
set(PTXVM_BUGS ${CMAKE_CURRENT_BINARY_DIR}/bugs)
add_custom_command(OUTPUT ${PTXVM_BUGS} DEPENDS ${CMAKE_CURRENT_LIST_DIR}/cuda/bugs.cu
                   COMMAND ${PTXVM_NVCC} -std=c++17 -lineinfo -cudart shared -gencode arch=compute_80,code=compute_80
                           -o ${PTXVM_BUGS} ${CMAKE_CURRENT_LIST_DIR}/cuda/bugs.cu VERBATIM)
add_custom_target(ptxvm_bugs ALL DEPENDS ${PTXVM_BUGS})
function(ptxvm_bug NAME EXPECTED)
    set(FILE bugs.cu)
    if(ARGC GREATER 2)
        set(FILE ${ARGV2})
    endif()
    add_test(NAME ptxvm.bug.${NAME} COMMAND ptxvm --check mem,init ${PTXVM_BUGS} ${NAME})
    set_tests_properties(ptxvm.bug.${NAME} PROPERTIES PASS_REGULAR_EXPRESSION "${EXPECTED}.*kernel ${NAME}.*${FILE}:[0-9]+"
                         TIMEOUT 60)
    add_test(NAME ptxvm.clean.${NAME} COMMAND ptxvm --check mem,init ${PTXVM_BUGS} ${NAME} clean)
    set_tests_properties(ptxvm.clean.${NAME} PROPERTIES PASS_REGULAR_EXPRESSION "${NAME}: ok"
                         FAIL_REGULAR_EXPRESSION "kernel ${NAME}" TIMEOUT 60)
endfunction()
ptxvm_bug(read_past_end "0 bytes past the end of cudaMalloc #1 \\(400 bytes\\)")
ptxvm_bug(write_past_end "0 bytes past the end of cudaMalloc #1")
ptxvm_bug(write_before "4 bytes before cudaMalloc #1")
ptxvm_bug(far_away "out of bounds")
ptxvm_bug(null_pointer "null pointer")
ptxvm_bug(host_pointer "a pointer of the host")
ptxvm_bug(use_after_free "cudaMalloc #3 \\(256 bytes\\), which was freed")
ptxvm_bug(misaligned "misaligned address.*8 bytes")
ptxvm_bug(misaligned_vector "misaligned address.*16 bytes")
ptxvm_bug(shared_past_end "the block has 128 bytes of shared memory")
ptxvm_bug(shared_misaligned "misaligned address")
ptxvm_bug(shared_unwritten "read of shared memory at byte 124 that was never written")
ptxvm_bug(global_unwritten "read of cudaMalloc #2 .400 bytes. at byte 12 that was never written")
ptxvm_bug(constant_past_end "0 bytes past the end of table \\(40 bytes\\)")
ptxvm_bug(variable_past_end "0 bytes past the end of global_table")
ptxvm_bug(local_past_end "the thread has 32 bytes of local memory")
ptxvm_bug(atomic_past_end "0 bytes past the end of cudaMalloc #1")
ptxvm_bug(atomic_unwritten "read of cudaMalloc #2 .400 bytes. at byte 28")
ptxvm_bug(byte_past_end "access of 1 bytes.*past the end of cudaMalloc #1")
ptxvm_bug(deadlock "deadlock.*16 threads from block \\(0,0,0\\) thread \\(0,0,0\\) wait at")
ptxvm_bug(warp_deadlock "deadlock" sm_30_intrinsics.hpp)
ptxvm_bug(trapped "ptxvm: trap")
ptxvm_bug(stack_overflow "stack overflow in a call of")
ptxvm_bug(wild_call "a call of an address that is no function")
ptxvm_bug(partial_copy "cudaMalloc #1")
ptxvm_bug(double_free "free of an address that malloc did not give")
ptxvm_bug(whole_kilobyte "at 0x400 is out of bounds: the block has 1024 bytes of shared memory")
ptxvm_bug(next_allocation "112 bytes past the end of cudaMalloc #1")
ptxvm_bug(registered_past_end "0 bytes past the end of cudaHostRegister \\(128 bytes\\)")
ptxvm_bug(other_lanes "the thread is not in its own member mask" sm_30_intrinsics.hpp)
ptxvm_bug(padding "read of shared memory at byte [0-9]+ that was never written")
ptxvm_bug(padded_words "read of shared memory at byte [0-9]+ that was never written")
foreach(NAME missing_wait short_wait unwaited_barrier)
    ptxvm_bug(${NAME} "read of shared memory at byte [0-9]+ before the cp.async to it was waited for")
endforeach()

# Calls of the host that would harm memory are findings too, and a launch that was refused unless the program noticed.
set(PTXVM_MISUSE ${CMAKE_CURRENT_BINARY_DIR}/misuse)
add_custom_command(OUTPUT ${PTXVM_MISUSE} DEPENDS ${CMAKE_CURRENT_LIST_DIR}/cuda/misuse.cu
                   COMMAND ${PTXVM_NVCC} -std=c++17 -cudart shared -gencode arch=compute_80,code=compute_80
                           -o ${PTXVM_MISUSE} ${CMAKE_CURRENT_LIST_DIR}/cuda/misuse.cu VERBATIM)
add_custom_target(ptxvm_misuse ALL DEPENDS ${PTXVM_MISUSE})
function(ptxvm_misuse NAME EXPECTED)
    add_test(NAME ptxvm.misuse.${NAME}
             COMMAND sh -c "$<TARGET_FILE:ptxvm> --check mem,init ${PTXVM_MISUSE} ${NAME} 2>&1; echo code $?")
    set_tests_properties(ptxvm.misuse.${NAME} PROPERTIES PASS_REGULAR_EXPRESSION "${EXPECTED}")
    add_test(NAME ptxvm.clean.${NAME}
             COMMAND sh -c "$<TARGET_FILE:ptxvm> --check mem,init ${PTXVM_MISUSE} ${NAME} clean 2>&1; echo code $?")
    set_tests_properties(ptxvm.clean.${NAME} PROPERTIES PASS_REGULAR_EXPRESSION "ended\ncode 0")
endfunction()
ptxvm_misuse(freed_twice "cudaFree.*cudaMalloc #1 \\(256 bytes\\), which was freed.*code 86")
ptxvm_misuse(free_inside "cudaFree.*it is in cudaMalloc #1 \\(256 bytes\\).*code 86")
ptxvm_misuse(copy_too_much "a copy writes 1024 bytes out of bounds: 768 bytes of it are past the end of cudaMalloc #1.*code 86")
ptxvm_misuse(copy_back_too_much "a copy reads 1024 bytes out of bounds: 768 bytes of it are past.*code 86")
ptxvm_misuse(wrong_direction "cudaMemcpyDeviceToHost has a source that is not of the device.*code 86")
ptxvm_misuse(one_row_too_many "a copy writes 16 bytes out of bounds: it is 0 bytes past the end of cudaMallocPitch #1.*code 86")
ptxvm_misuse(set_too_much "a memset writes 1024 bytes out of bounds: 768 bytes of it are past the end.*code 86")
ptxvm_misuse(symbol_too_small "a copy of 64 bytes at offset 0 of [^ ]*table[^ ]*, which has 32 bytes.*code 86")
ptxvm_misuse(copy_of_unwritten "read of cudaMalloc #2 \\(256 bytes\\) at byte 252 that was never written.*code 86")
ptxvm_misuse(refused_launch "the launch of kernel .*add_one.* is refused: a block of \\(2048,1,1\\) threads.*code 86")
ptxvm_misuse(refused_and_noticed "refused: a block of.*ended\ncode 0")
set_tests_properties(ptxvm.clean.refused_and_noticed PROPERTIES PASS_REGULAR_EXPRESSION "refused.*ended\ncode 0")
ptxvm_misuse(host_reads_device "the host reads or writes memory of the device: it is in cudaMalloc #1 \\(256 bytes\\)")

# Random expressions: the same source on the host and here.
add_executable(ptxvm_fuzz_generate ${CMAKE_CURRENT_LIST_DIR}/fuzz/generate.cpp)
target_link_libraries(ptxvm_fuzz_generate PRIVATE ptxvm_options)
foreach(SEED 1 2 3)
    set(PROGRAM ${CMAKE_CURRENT_BINARY_DIR}/fuzz_${SEED})
    add_custom_command(OUTPUT ${PROGRAM}.cu DEPENDS ptxvm_fuzz_generate VERBATIM
                       COMMAND sh -c "$<TARGET_FILE:ptxvm_fuzz_generate> ${SEED} > ${PROGRAM}.cu")
    add_custom_command(OUTPUT ${PROGRAM} DEPENDS ${PROGRAM}.cu VERBATIM
                       COMMAND ${PTXVM_NVCC} -std=c++17 -w -fmad=false -cudart shared -Xcompiler -ffp-contract=off,-w
                               -gencode arch=compute_80,code=compute_80 -o ${PROGRAM} ${PROGRAM}.cu)
    add_custom_target(ptxvm_fuzz_${SEED} ALL DEPENDS ${PROGRAM})
    add_test(NAME ptxvm.fuzz_${SEED} COMMAND ptxvm ${PROGRAM})
    set_tests_properties(ptxvm.fuzz_${SEED} PROPERTIES PASS_REGULAR_EXPRESSION "ok" FAIL_REGULAR_EXPRESSION "differs")
endforeach()

# Options of the launcher that a kernel sees.
set(PTXVM_SEED ${CMAKE_CURRENT_BINARY_DIR}/seed)
add_custom_command(OUTPUT ${PTXVM_SEED} DEPENDS ${CMAKE_CURRENT_LIST_DIR}/cuda/seed.cu
                   COMMAND ${PTXVM_NVCC} -std=c++17 -lineinfo -cudart shared -gencode arch=compute_80,code=compute_80
                           -o ${PTXVM_SEED} ${CMAKE_CURRENT_LIST_DIR}/cuda/seed.cu VERBATIM)
add_custom_command(OUTPUT ${PTXVM_SEED}_120 DEPENDS ${CMAKE_CURRENT_LIST_DIR}/cuda/seed.cu
                   COMMAND ${PTXVM_NVCC} -std=c++17 -cudart shared -gencode arch=compute_120,code=compute_120
                           -o ${PTXVM_SEED}_120 ${CMAKE_CURRENT_LIST_DIR}/cuda/seed.cu VERBATIM)
add_custom_target(ptxvm_seed ALL DEPENDS ${PTXVM_SEED} ${PTXVM_SEED}_120)
function(ptxvm_option NAME EXPECTED)
    add_test(NAME ptxvm.option.${NAME} COMMAND ptxvm ${ARGN})
    set_tests_properties(ptxvm.option.${NAME} PROPERTIES PASS_REGULAR_EXPRESSION "${EXPECTED}" TIMEOUT 60)
endfunction()
ptxvm_option(no_seed "starts at 0\n" ${PTXVM_SEED})
ptxvm_option(seed "starts at 48\n" --seed 3 ${PTXVM_SEED})
ptxvm_option(arch "sum right.*cudaSuccess" --arch sm_120 ${PTXVM_SEED}_120)
ptxvm_option(wrong_arch "no PTX that sm_80 may run" --arch sm_80 ${PTXVM_SEED}_120)
ptxvm_option(trace "block \\(0,0,0\\) thread \\(5,0,0\\) PTX line [0-9]+: st.shared.[a-z0-9]+" --trace where:0:5 ${PTXVM_SEED})
ptxvm_option(break_on_nan "a NaN was made.*kernel makes_nan.*thread \\(2,0,0\\)" --break-on-nan ${PTXVM_SEED} nan)
ptxvm_option(list "_Z5wherePj: [0-9]+ bytes of PTX, [0-9]+ registers" --list ${PTXVM_SEED})
ptxvm_option(dump_ptx "visible .entry _Z5wherePj" --dump-ptx ${PTXVM_SEED})
ptxvm_option(instructions "cudaErrorLaunchTimeout" --instructions 3 ${PTXVM_SEED} nan)
ptxvm_option(stats "3 launches, [0-9]+ warp instructions" --stats ${PTXVM_SEED} nan)

# INSTRUCTIONS.txt is what --table prints: `ptxvm --table > INSTRUCTIONS.txt` when it grew.
add_test(NAME ptxvm.table COMMAND sh -c "$<TARGET_FILE:ptxvm> --table | cmp - ${PROJECT_SOURCE_DIR}/INSTRUCTIONS.txt")

set(PTXVM_REFUSED ${CMAKE_CURRENT_BINARY_DIR}/refused)
add_custom_command(OUTPUT ${PTXVM_REFUSED} DEPENDS ${CMAKE_CURRENT_LIST_DIR}/cuda/refused.cu
                   COMMAND ${PTXVM_NVCC} -std=c++17 -lineinfo -cudart shared -gencode arch=compute_80,code=compute_80
                           -o ${PTXVM_REFUSED} ${CMAKE_CURRENT_LIST_DIR}/cuda/refused.cu VERBATIM)
add_custom_target(ptxvm_refused ALL DEPENDS ${PTXVM_REFUSED})
ptxvm_option(not_reached "got 7" ${PTXVM_REFUSED})
add_test(NAME ptxvm.refused COMMAND sh -c "$<TARGET_FILE:ptxvm> ${PTXVM_REFUSED} reached; echo code $?")
set_tests_properties(ptxvm.refused PROPERTIES FAIL_REGULAR_EXPRESSION "got"
                     PASS_REGULAR_EXPRESSION "not modelled: mma.sp.sync.aligned.m16n8k16.row.col.f16.f16.f16.f16.*kernel sparse.*PTX line [0-9]+.*code 87")
