/*
 * Command lines for a person to copy: quoted word by word, so that a POSIX
 * shell makes exactly these words of it, whatever a cluster called its
 * objects (decisions.md 29).
 */
#ifndef REMEDY_SHELL_LINE_H
#define REMEDY_SHELL_LINE_H

struct buffer;
struct kubeconfig_view;

/* Adds the word, with a space before it unless the line is empty. */
void shell_add_word(struct buffer *line, const char *word);
/*
 * "kubectl --kubeconfig F --context C --as U --as-group G": what reaches the
 * same cluster as the same user. kubeconfig: as given with --kubeconfig, or
 * NULL to leave it out.
 */
void kubectl_add_start(struct buffer *line, const struct kubeconfig_view *view, const char *kubeconfig);

#endif
