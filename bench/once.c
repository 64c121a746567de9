/* once.c: runs one program and prints on stderr's last line its wall time (µs), processor time (µs) and peak memory (kB).
 * It exists because a large parent's memory would count as the child's peak: this one is small, and starts by vfork.
 * Usage: once PROGRAM ARGS…; the exit status is the program's (or 128 + signal). */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long micros(struct timeval t) { return (long long)t.tv_sec * 1000000 + t.tv_usec; }

static long long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int main(int argc, char **argv) {
    struct rusage used;
    int status;
    if (argc < 2) { fputs("usage: once PROGRAM ARGS...\n", stderr); return 2; }
    long long began = now();
    pid_t pid = vfork();
    if (pid < 0) { perror("once: vfork"); return 126; }
    if (pid == 0) { execvp(argv[1], argv + 1); _exit(127); }
    if (wait4(pid, &status, 0, &used) != pid) { perror("once: wait4"); return 126; }
    long long wall = now() - began;
    fprintf(stderr, "\n%lld %lld %ld\n", wall, micros(used.ru_utime) + micros(used.ru_stime), used.ru_maxrss);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
