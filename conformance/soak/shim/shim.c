/* Preloaded into redis-server, this tells a file, after each sync that succeeded, which file then had how many bytes on
 * the disk. Whoever simulates a loss of power cuts each file to that length: what was written and not synced is gone, as
 * it would be with the page cache. A rename is told, too: the name goes on with what the file had. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void tell(const char *text, int n) {
	const char *path = getenv("SOAK_SYNCED");
	if (path == NULL || n <= 0)
		return;
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		_exit(97); /* a test that cannot see is worth nothing */
	if (write(fd, text, n) != n)
		_exit(97);
	close(fd);
}

/* The length is taken before the sync: bytes written meanwhile may not be part of it. */
static int synced(int fd, int (*sync)(int)) {
	char link[64], path[4096], line[4200];
	struct stat st;
	int known = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	int result = sync(fd);
	if (result != 0 || !known)
		return result;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, sizeof path - 1);
	if (n > 0) {
		path[n] = 0;
		tell(line, snprintf(line, sizeof line, "S %lld %s\n", (long long)st.st_size, path));
	}
	return result;
}

int fsync(int fd) { return synced(fd, (int (*)(int))dlsym(RTLD_NEXT, "fsync")); }
int fdatasync(int fd) { return synced(fd, (int (*)(int))dlsym(RTLD_NEXT, "fdatasync")); }

int rename(const char *from, const char *to) {
	int (*real)(const char *, const char *) = (int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename");
	char before[4096], after[4096], line[8300];
	if (realpath(from, before) == NULL)
		before[0] = 0;
	int result = real(from, to);
	if (result == 0 && before[0] != 0 && realpath(to, after) != NULL)
		tell(line, snprintf(line, sizeof line, "R %s\t%s\n", before, after));
	return result;
}
