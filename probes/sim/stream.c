#include "probes/sim/stream.h"

#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/sim/http.h"

struct stream {
	struct cluster *cluster;
	struct MHD_Connection *connection;
	int kind;
	const struct stream_ops *ops;
	void *context;
	struct buffer pending;
	int64_t due;		/* monotonic ms; INT64_MAX = only when woken */
	bool suspended;
	bool ended;
	struct stream *next;
};

static void wake(struct stream *stream)
{
	if (!stream->suspended)
		return;
	stream->suspended = false;
	MHD_resume_connection(stream->connection);
}

void stream_wake(struct cluster *cluster, int kind)
{
	for (struct stream *stream = cluster->streams; stream; stream = stream->next)
		if (stream->kind == kind)
			wake(stream);
}

void stream_wake_all(struct cluster *cluster)
{
	for (struct stream *stream = cluster->streams; stream; stream = stream->next)
		wake(stream);
}

int64_t stream_wake_due(struct cluster *cluster, int64_t now_ms)
{
	int64_t next = INT64_MAX;

	for (struct stream *stream = cluster->streams; stream; stream = stream->next) {
		if (stream->due <= now_ms)
			wake(stream);
		else if (stream->due < next)
			next = stream->due;
	}
	return next;
}

static ssize_t read_pending(struct stream *stream, char *out, size_t size)
{
	if (!stream->pending.length && !stream->ended)
		stream->ended = !stream->ops->fill(stream->context, &stream->pending, clock_monotonic_ms(),
						   &stream->due);
	if (stream->pending.length) {
		size_t n = stream->pending.length < size ? stream->pending.length : size;

		memcpy(out, stream->pending.data, n);
		buffer_consume(&stream->pending, n);
		return (ssize_t)n;
	}
	if (stream->ended || stream->cluster->stopping)
		return MHD_CONTENT_READER_END_OF_STREAM;
	stream->suspended = true;
	MHD_suspend_connection(stream->connection);
	cluster_wake(stream->cluster);	/* the main thread looks at `due` again */
	return 0;
}

static ssize_t on_read(void *context, uint64_t position, char *out, size_t size)
{
	struct stream *stream = context;
	ssize_t n;

	(void)position;
	cluster_lock(stream->cluster);
	n = read_pending(stream, out, size);
	cluster_unlock(stream->cluster);
	return n;
}

static void on_free(void *context)
{
	struct stream *stream = context;
	struct stream **link;

	cluster_lock(stream->cluster);
	link = &stream->cluster->streams;
	while (*link != stream)
		link = &(*link)->next;
	*link = stream->next;
	stream->ops->free(stream->context);
	cluster_unlock(stream->cluster);
	buffer_release(&stream->pending);
	free(stream);
}

void stream_answer(struct request *request, const char *content_type, int kind, const struct stream_ops *ops,
		   void *context)
{
	struct stream *stream = xcalloc(1, sizeof(*stream));

	stream->cluster = request->cluster;
	stream->connection = request->connection;
	stream->kind = kind;
	stream->ops = ops;
	stream->context = context;
	stream->due = INT64_MAX;
	buffer_init(&stream->pending, 1 << 30);
	stream->next = request->cluster->streams;
	request->cluster->streams = stream;
	answer_stream(request, content_type, on_read, stream, on_free);
}
