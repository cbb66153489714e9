/*
 * The command that puts a file in its place (or takes it away) runs only
 * where the present file is still the one of the preview: both are one script
 * on the node, so that nothing but the script's own next word lies between
 * the comparison and the rename. As with marks (node_mark.h) the script runs
 * as the login user and sudo is inside of it, before the command alone: what
 * an operator grants are the command's own words.
 *
 * The simulator knows the script by the word after it.
 */
#ifndef REMEDY_NODE_PLACE_H
#define REMEDY_NODE_PLACE_H

#include "probes/remedy/argv_words.h"
#include "probes/remedy/node_file.h"

/* "sh -c SCRIPT nks-triage-place FILE STATE READER COMMAND…": ends as the command does. before: what is to be there. */
void place_add(struct argv_words *words, const char *file, const struct node_file *before,
	       const char *const *command);

/* It says so by its exit status and on standard error; the command was not run. */
enum { PLACE_REFUSED = 121 };
#define PLACE_REFUSED_TEXT "nks-triage: the file is not as it was"

#endif
