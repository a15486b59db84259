/* FltCreateNamedPipeFile and FltCreateMailslotFile. */
#include "predict.h"

static void predict_server(const struct flt_contract *contract, const struct flt_call *call,
                           struct flt_prediction *prediction) {
    const struct flt_target target = flt_find_pipe_target(contract, call);
    if (flt_pipe_parameters_bad(call))
        flt_breach(prediction, FLT_RULE_pipe_parameters);
    flt_find_name_breaches(contract, call, prediction);
    flt_predict_target(contract, call, &target, prediction);
}

FLT_PREDICT(FltCreateNamedPipeFile) {
    predict_server(contract, call, prediction);
}

FLT_OBSERVE(FltCreateNamedPipeFile) {
    flt_observe_open(contract, call, outcome, violation);
}

FLT_PREDICT(FltCreateMailslotFile) {
    predict_server(contract, call, prediction);
}

FLT_OBSERVE(FltCreateMailslotFile) {
    flt_observe_open(contract, call, outcome, violation);
}
