/*
 * coreutils on the files of a simulated node, those that write.
 */
#ifndef SIM_NODE_WRITE_H
#define SIM_NODE_WRITE_H

struct command;

int write_install(const struct command *command);
int write_cp(const struct command *command);
int write_mv(const struct command *command);
int write_rm(const struct command *command);
int write_mkdir(const struct command *command);
int write_rmdir(const struct command *command);
int write_chmod(const struct command *command);
int write_chown(const struct command *command);
int write_tee(const struct command *command);
int write_touch(const struct command *command);
int write_truncate(const struct command *command);
int write_sync(const struct command *command);
int write_mktemp(const struct command *command);

#endif
