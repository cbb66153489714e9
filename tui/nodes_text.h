/*
 * What nodes said over SSH, as lines: the same for `nodes` and for the
 * screen's pages.
 */
#ifndef TUI_NODES_TEXT_H
#define TUI_NODES_TEXT_H

#include "probes/model/node_survey.h"
#include "probes/ssh/host_keys.h"
#include "widgets/glyph.h"
#include "widgets/textview.h"

struct nodes_page {
	const struct node_survey *survey;
	enum glyph_set glyphs;
	const char *language;
	int64_t now;		/* wall */
};


/* "11 of 12 nodes answered, 1 failed · slowest worker-3 2.1 s" of the latest round. */
void nodes_progress_text(struct textview *text, const struct nodes_page *page);
/* One check: who says the same stands together. whole: clear answers that differ are listed one by one. */
void nodes_check_text(struct textview *text, const struct nodes_page *page, const char *check, bool whole);
/* Every check in turn, in short, and the nodes that could not be asked. */
void nodes_overview_text(struct textview *text, const struct nodes_page *page);
/* The nodes that could not be asked, by reason. */
void nodes_failed_text(struct textview *text, const struct nodes_page *page);
/* One node: how it is reached, and each check with verdict, text and age. */
void node_checks_text(struct textview *text, const struct nodes_page *page, const struct survey_node *node);
/* The keys that were offered and not accepted, by node. Caller frees the array; its items are borrowed. */
const struct host_key_offer **host_keys_offered(const struct node_pool *pool, size_t *ret_count);
/* An unknown key in a line or two. */
void host_key_line(struct textview *text, const struct host_key_offer *offer);
/* A host key that was offered and not accepted, and what to make of it. */
void host_key_text(struct textview *text, const struct host_key_offer *offer);

#endif
