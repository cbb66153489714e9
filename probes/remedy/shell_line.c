#include <stdbool.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/kube/kubeconfig.h"
#include "probes/remedy/shell_line.h"

static bool needs_quotes(const char *word)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=./:,@%";

	/* A word that begins with = or ~ or holds % alone is plain for a shell, but zsh expands a leading =. */
	return !*word || *word == '=' || word[strspn(word, plain)];
}

void shell_add_word(struct buffer *line, const char *word)
{
	if (line->length)
		buffer_add_byte(line, ' ');
	if (!needs_quotes(word)) {
		buffer_add_text(line, word);
		return;
	}
	buffer_add_byte(line, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			buffer_add_text(line, "'\\''");
		else
			buffer_add_byte(line, *word);
	}
	buffer_add_byte(line, '\'');
}

void kubectl_add_start(struct buffer *line, const struct kubeconfig_view *view, const char *kubeconfig)
{
	shell_add_word(line, "kubectl");
	if (kubeconfig) {
		shell_add_word(line, "--kubeconfig");
		shell_add_word(line, kubeconfig);
	}
	if (view->context && strcmp(view->context, "in-cluster") != 0) {
		shell_add_word(line, "--context");
		shell_add_word(line, view->context);
	}
	if (view->as_user) {
		shell_add_word(line, "--as");
		shell_add_word(line, view->as_user);
	}
	for (char **group = view->as_groups; group && *group; group++) {
		shell_add_word(line, "--as-group");
		shell_add_word(line, *group);
	}
}
