/* What `help` and `-h` print. */
#ifndef TUI_HELP_COMMAND_H
#define TUI_HELP_COMMAND_H

#include <stdio.h>

struct command;

void help_print_all(FILE *out);
void help_print_command(FILE *out, const struct command *command);

#endif
