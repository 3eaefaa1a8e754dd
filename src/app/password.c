#include "app/password.h"

#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static bool read_line(int fd, char *out, size_t size)
{
	size_t len = 0;
	char c;
	ssize_t n;
	while ((n = read(fd, &c, 1)) == 1 && c != '\n' && c != '\r')
		if (len + 1 < size)
			out[len++] = c;
	out[len] = '\0';
	return n == 1;
}

bool password_ask(const char *prompt, char *out, size_t size)
{
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return false;
	struct termios old, quiet;
	bool ok = tcgetattr(fd, &old) == 0;
	if (ok) {
		quiet = old;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		ok = tcsetattr(fd, TCSAFLUSH, &quiet) == 0 && write(fd, prompt, strlen(prompt)) >= 0 &&
		     read_line(fd, out, size);
		tcsetattr(fd, TCSAFLUSH, &old);
		ok = write(fd, "\n", 1) == 1 && ok;
	}
	close(fd);
	return ok;
}
