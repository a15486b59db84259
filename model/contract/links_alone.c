/* Links with the whole contract and without any system. */
#include <stdio.h>

#include "contract.h"

int main(void) {
    struct flt_contract *contract = flt_contract_new();
    if (!contract) {
        fputs("no contract: memory is short\n", stderr);
        return 1;
    }
    flt_contract_free(contract);
    return 0;
}
