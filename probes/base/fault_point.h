/*
 * Places where a test ends the process, to see what a crash just there leaves
 * behind: every move of a run's state, and between the calls to the system
 * that matter (what is durable, what was sent, what was answered).
 *
 * In the programs that are shipped the function is empty and nothing switches
 * it on: no variable of the environment can kill a run. The program of the
 * tests is linked from the same objects, with tests/remedy/fault_point.c in
 * its place; so a crash is tried in the code that is shipped, not in a build
 * of its own. That program writes down the places that it passes, so that one
 * that is added here is tried without anybody listing it.
 */
#ifndef BASE_FAULT_POINT_H
#define BASE_FAULT_POINT_H

/* where: "write.answered"; what: more of it, or NULL. Any thread may call it. */
void fault_point(const char *where, const char *what);

#endif
