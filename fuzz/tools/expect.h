/* Whether a run came out as its text says: outcomes, breaches, leaks. */
#ifndef FLT_EXPECT_H
#define FLT_EXPECT_H

#include "../run.h"
#include "../sequence/text.h"

/* After a run with `keep`. False: `what` names the first difference, with file and line. */
bool flt_expect_check(const struct flt_runner *runner, const struct flt_text *text,
                      const char *path, char *what, size_t room);

#endif
