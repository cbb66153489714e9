/*
 * Judges rollouts, for tests: reads an object in JSON from each line of standard input and prints a line for each,
 * "waiting", "done" or "failed", and why.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "probes/base/buffer.h"
#include "probes/remedy/rollout.h"

static void judge(const char *line)
{
	static const char *const words[] = {
		[ROLLOUT_WAITING] = "waiting",
		[ROLLOUT_DONE] = "done",
		[ROLLOUT_FAILED] = "failed",
	};
	json_t *document = json_loads(line, 0, NULL);
	struct buffer why = BUFFER_INIT(4096);
	struct rollout rollout;

	rollout_look(document, &rollout);
	message_format(&rollout.what, NULL, &why);
	printf("%s %s\n", words[rollout.state], buffer_text(&why));
	buffer_release(&why);
	json_decref(document);
}

int main(void)
{
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, stdin) > 0)
		judge(line);
	free(line);
	return 0;
}
