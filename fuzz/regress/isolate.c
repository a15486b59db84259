#define _DEFAULT_SOURCE
#include "isolate.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SAID_LIMIT = 64 * 1024 }; /* bytes of stderr that are kept */

/* Both sides see it. */
struct shared {
    _Atomic size_t next;                        /* item to take */
    _Atomic size_t under_way[FLT_ISOLATE_JOBS]; /* by job: item + 1; 0: none */
};

/* What a process sends for an item: this, and then so many bytes. */
struct head {
    size_t item, size;
    int kind;
};

struct result {
    char *text; /* NULL: not there yet */
    int kind;
};

struct job {
    pid_t process; /* 0: none */
    int from;      /* results arrive here */
    int said;      /* its stderr, a file that has no name */
    char *got;     /* of results, what is not yet whole */
    size_t size, room;
};

struct pool {
    const struct flt_isolated *work;
    size_t items, jobs;
    unsigned seconds;
    struct shared *shared;
    struct job job[FLT_ISOLATE_JOBS];
    struct result *result; /* by item, until it is done */
    size_t done;
    bool short_of; /* of memory or processes */
};

/* ---- in a process ---------------------------------------------------------------------------- */

static char *read_said(int file) {
    char *said = malloc(SAID_LIMIT + 1);
    ssize_t got = said ? pread(file, said, SAID_LIMIT, 0) : 0;
    if (said)
        said[got > 0 ? got : 0] = '\0';
    return said;
}

char *flt_isolated_said(void) {
    fflush(stderr);
    return read_said(STDERR_FILENO);
}

static bool write_all(int file, const void *data, size_t size) {
    const char *at = data;
    while (size > 0) {
        const ssize_t written = write(file, at, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        at += written;
        size -= (size_t)written;
    }
    return true;
}

/* True: the process may take another. */
static bool run_item(const struct pool *pool, size_t item, int to) {
    char *text = NULL;
    struct head head = {.item = item};
    if (ftruncate(STDERR_FILENO, 0) != 0 || lseek(STDERR_FILENO, 0, SEEK_SET) != 0)
        return false;
    struct flt_told told = {.out = open_memstream(&text, &head.size)};
    if (!told.out)
        return false;
    alarm(pool->seconds); /* SIGALRM ends the process, also when nobody is left to watch it */
    pool->work->run(pool->work->context, item, &told);
    alarm(0);
    bool whole = fclose(told.out) == 0;
    head.kind = told.kind;
    whole = whole && write_all(to, &head, sizeof head) && write_all(to, text, head.size);
    free(text);
    return whole && !told.unfit;
}

static _Noreturn void be_process(struct pool *pool, size_t number, int to) {
    _Atomic size_t *under_way = &pool->shared->under_way[number];
    for (size_t i = 0; i < pool->jobs; i++)
        if (i != number && pool->job[i].process != 0)
            close(pool->job[i].from);
    if (dup2(pool->job[number].said, STDERR_FILENO) < 0 || signal(SIGALRM, SIG_DFL) == SIG_ERR)
        _exit(1);
    size_t item;
    bool fit = true;
    while (fit && (item = atomic_fetch_add(&pool->shared->next, 1)) < pool->items) {
        *under_way = item + 1;
        fit = run_item(pool, item, to);
        *under_way = 0;
    }
    _exit(0);
}

/* ---- around them ----------------------------------------------------------------------------- */

static int unnamed_file(void) {
    FILE *file = tmpfile();
    const int copy = file ? dup(fileno(file)) : -1;
    if (file)
        fclose(file);
    return copy;
}

static bool start(struct pool *pool, size_t number) {
    struct job *job = &pool->job[number];
    int ends[2];
    if (pipe(ends) != 0)
        return false;
    fflush(NULL); /* nothing is to be printed twice */
    const pid_t process = fork();
    if (process == 0) {
        close(ends[0]);
        be_process(pool, number, ends[1]);
    }
    close(ends[1]);
    if (process < 0) {
        close(ends[0]);
        return false;
    }
    job->process = process;
    job->from = ends[0];
    job->size = 0;
    return true;
}

static void keep(struct pool *pool, size_t item, int kind, char *text) {
    pool->result[item] = (struct result){text, kind};
    pool->short_of |= text == NULL;
    for (; pool->done < pool->items && pool->result[pool->done].text; pool->done++) {
        struct result *result = &pool->result[pool->done];
        pool->work->done(pool->work->context, pool->done, result->kind, result->text);
        free(result->text);
        result->text = NULL;
    }
}

/* Takes the whole results out of what has arrived. */
static void take_results(struct pool *pool, struct job *job) {
    struct head head;
    size_t at = 0;
    for (; job->size - at >= sizeof head; at += sizeof head + head.size) {
        memcpy(&head, job->got + at, sizeof head);
        if (job->size - at - sizeof head < head.size)
            break;
        char *text = malloc(head.size + 1);
        if (text) {
            memcpy(text, job->got + at + sizeof head, head.size);
            text[head.size] = '\0';
        }
        keep(pool, head.item, head.kind, text);
    }
    memmove(job->got, job->got + at, job->size - at);
    job->size -= at;
}

/* False at the end: the process is gone. */
static bool receive(struct pool *pool, struct job *job) {
    if (job->room - job->size < 4096) {
        char *more = realloc(job->got, job->room + 65536);
        if (!more)
            return false;
        job->got = more;
        job->room += 65536;
    }
    const ssize_t got = read(job->from, job->got + job->size, job->room - job->size);
    if (got < 0 && errno == EINTR)
        return true;
    if (got <= 0)
        return false;
    job->size += (size_t)got;
    take_results(pool, job);
    return true;
}

static bool is_told(const struct pool *pool, size_t item) {
    return item < pool->done || pool->result[item].text;
}

static void bury(struct pool *pool, const struct job *job, size_t item, int status) {
    char *said = read_said(job->said), *text = NULL;
    size_t size;
    const struct flt_death death = {
        .hung = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM,
        .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
        .code = WIFEXITED(status) ? WEXITSTATUS(status) : 0,
        .said = said ? said : "",
    };
    struct flt_told told = {.out = open_memstream(&text, &size)};
    if (told.out) {
        pool->work->died(pool->work->context, item, &death, &told);
        fclose(told.out);
    }
    free(said);
    keep(pool, item, told.kind, text);
}

/* A process is gone: what it was at has no result; another takes its place while items are left. */
static void follow(struct pool *pool, size_t number) {
    struct job *job = &pool->job[number];
    int status = 0;
    close(job->from);
    while (waitpid(job->process, &status, 0) < 0 && errno == EINTR)
        continue;
    job->process = 0;
    const size_t item = atomic_exchange(&pool->shared->under_way[number], 0);
    const bool fell_at_once = item == 0 && !(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    if (item > 0 && !is_told(pool, item - 1))
        bury(pool, job, item - 1, status);
    if (fell_at_once || (pool->shared->next < pool->items && !start(pool, number)))
        pool->short_of = true;
}

static void watch(struct pool *pool) {
    for (;;) {
        struct pollfd poll_on[FLT_ISOLATE_JOBS];
        nfds_t count = 0;
        size_t number[FLT_ISOLATE_JOBS];
        for (size_t i = 0; i < pool->jobs; i++) {
            if (pool->job[i].process == 0)
                continue;
            number[count] = i;
            poll_on[count++] = (struct pollfd){.fd = pool->job[i].from, .events = POLLIN};
        }
        if (count == 0)
            return;
        if (poll(poll_on, count, -1) < 0)
            continue; /* a signal */
        for (nfds_t i = 0; i < count; i++)
            if (poll_on[i].revents != 0 && !receive(pool, &pool->job[number[i]]))
                follow(pool, number[i]);
    }
}

static bool set_up(struct pool *pool) {
    void *memory =
        mmap(NULL, sizeof *pool->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return false;
    pool->shared = memory;
    pool->result = calloc(pool->items + 1, sizeof *pool->result);
    for (size_t i = 0; i < pool->jobs; i++)
        if ((pool->job[i].said = unnamed_file()) < 0)
            return false;
    return pool->result != NULL;
}

static void take_down(struct pool *pool) {
    for (size_t i = 0; i < pool->jobs; i++) {
        if (pool->job[i].said >= 0)
            close(pool->job[i].said);
        free(pool->job[i].got);
    }
    for (size_t i = 0; pool->result && i < pool->items; i++)
        free(pool->result[i].text);
    free(pool->result);
    if (pool->shared)
        munmap(pool->shared, sizeof *pool->shared);
}

bool flt_isolate(const struct flt_isolated *work, size_t items, size_t jobs, unsigned seconds) {
    struct pool pool = {.work = work, .items = items, .seconds = seconds};
    pool.jobs = jobs < FLT_ISOLATE_JOBS ? jobs : FLT_ISOLATE_JOBS;
    pool.jobs = pool.jobs < items ? pool.jobs : items;
    for (size_t i = 0; i < pool.jobs; i++)
        pool.job[i].said = -1;
    bool good = set_up(&pool);
    size_t started = 0;
    while (good && started < pool.jobs && start(&pool, started))
        started++;
    watch(&pool);
    good = good && pool.done == items && !pool.short_of;
    take_down(&pool);
    return good;
}
