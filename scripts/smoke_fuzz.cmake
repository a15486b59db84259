# A short fuzz of one target on a copy of its committed seeds, in WORK: it must find nothing and must
# really have run as often as it was told to. Called by CTest with TARGET, INPUT, SEQ, SEEDS and WORK.
cmake_minimum_required(VERSION 3.22)
set(RUNS 20000)

file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}/corpus" "${WORK}/findings")
if(INPUT STREQUAL "sequences")
    execute_process(COMMAND "${SEQ}" seeds "${SEEDS}" -o "${WORK}/corpus" RESULT_VARIABLE result)
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "the seeds of ${SEEDS} do not encode (exit ${result})")
    endif()
else()
    file(GLOB seeds "${SEEDS}/*")
    file(COPY ${seeds} DESTINATION "${WORK}/corpus")
endif()
file(GLOB seeds "${WORK}/corpus/*")
if(NOT seeds)
    message(FATAL_ERROR "no seeds in ${SEEDS}")
endif()

execute_process(
    COMMAND "${TARGET}" -runs=${RUNS} -seed=1 -timeout=20 -print_final_stats=1
            "-artifact_prefix=${WORK}/findings/" "${WORK}/corpus"
    RESULT_VARIABLE result OUTPUT_VARIABLE log ERROR_VARIABLE log)
function(fail what)
    message(NOTICE "${log}")
    message(FATAL_ERROR "${what}")
endfunction()
if(NOT result EQUAL 0)
    fail("exit ${result}: findings are in ${WORK}/findings")
endif()
if(NOT log MATCHES "stat::number_of_executed_units: +([0-9]+)" OR CMAKE_MATCH_1 LESS RUNS)
    fail("fewer than ${RUNS} runs")
endif()
if(INPUT STREQUAL "sequences" AND NOT log MATCHES "found LLVMFuzzerCustomMutator")
    fail("the structure-aware mutator was not linked")
endif()
