/*
 * /proc/mounts (proc(5)): device, mount point, type, options, 0, 0; blanks and
 * backslashes are octal escapes.
 */
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/ssh/parse.h"

static bool is_octal(char byte)
{
	return byte >= '0' && byte <= '7';
}

/* "\040" is a blank. */
static json_t *unescape(struct piece text)
{
	struct buffer out = BUFFER_INIT(PARSE_TEXT_MAX);
	json_t *value;

	for (size_t i = 0; i < text.length; i++) {
		const char *at = text.at + i;

		if (*at == '\\' && text.length - i > 3 && is_octal(at[1]) && is_octal(at[2]) && is_octal(at[3])) {
			buffer_add_byte(&out, (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0')));
			i += 3;
		} else {
			buffer_add_byte(&out, *at);
		}
	}
	value = piece_json(piece_of(buffer_text(&out), out.length));
	buffer_release(&out);
	return value;
}

/* The value of an option of "rw,relatime,vers=3"; true where it is there. */
static bool option(struct piece options, const char *name, struct piece *ret_value)
{
	struct piece word;

	while (piece_until(&options, ',', &word)) {
		if (piece_is(word, name)) {
			*ret_value = piece_of("", 0);
			return true;
		}
		if (piece_skip(&word, name) && piece_skip(&word, "=")) {
			*ret_value = word;
			return true;
		}
	}
	return false;
}

/* What is kept on a disk of the node and should be writable; binds of volumes into pods may be read-only on purpose. */
static bool should_be_writable(struct piece mount, struct piece type)
{
	static const char *const types[] = {"ext2", "ext3", "ext4", "xfs", "btrfs"};
	static const char *const others[] = {"/var/lib/kubelet/", "/var/lib/docker/", "/var/lib/containerd/",
					     "/run/containerd/", "/snap/"};
	bool is_disk = false;

	for (size_t i = 0; i < array_length(types); i++)
		is_disk |= piece_is(type, types[i]);
	for (size_t i = 0; i < array_length(others); i++)
		is_disk &= !piece_begins(mount, others[i]);
	return is_disk;
}

struct mounts {
	json_t *nfs;
	json_t *read_only;
	json_t *volumes;	/* CSI: name of the PersistentVolume -> device */
	int64_t count;
	int64_t nfs_version_3;
};

/* Where the kubelet mounts a volume for a pod: .../pods/UID/volumes/kubernetes.io~csi/PV/mount */
static void add_volume(struct mounts *mounts, const struct piece words[4])
{
	static const char folder[] = "/volumes/kubernetes.io~csi/";
	auto_free char *mount = xstrndup(words[1].at, words[1].length);
	char *name = strstr(mount, folder);
	char *end = name ? strchr(name + strlen(folder), '/') : NULL;

	if (!end || strcmp(end, "/mount") != 0 || !piece_begins(words[0], "/dev/") ||
	    json_object_size(mounts->volumes) >= PARSE_ITEMS_MAX)
		return;
	*end = '\0';
	json_object_set_new(mounts->volumes, name + strlen(folder), unescape(words[0]));
}

static void add_mount(struct mounts *mounts, const struct piece words[4])
{
	bool is_nfs = piece_is(words[2], "nfs") || piece_is(words[2], "nfs4");
	struct piece version = {"", 0};
	struct piece ignored;

	mounts->count++;
	add_volume(mounts, words);
	if (should_be_writable(words[1], words[2]) && option(words[3], "ro", &ignored) &&
	    json_array_size(mounts->read_only) < PARSE_ITEMS_MAX)
		json_array_append_new(mounts->read_only, unescape(words[1]));
	if (!is_nfs)
		return;
	if (!option(words[3], "vers", &version))
		option(words[3], "nfsvers", &version);
	/* Locks of versions 2 and 3 need rpc.statd unless they are local. */
	if (!piece_is(words[2], "nfs4") && !piece_begins(version, "4") && !option(words[3], "nolock", &ignored))
		mounts->nfs_version_3++;
	if (json_array_size(mounts->nfs) < PARSE_ITEMS_MAX)
		json_array_append_new(mounts->nfs,
				      json_pack("{s:o, s:o, s:o}", "device", unescape(words[0]), "mount",
						unescape(words[1]), "version", piece_json(version)));
}

json_t *parse_mounts(const struct parse_input *input, struct err *err)
{
	struct piece rest = piece_of(input->text, input->length);
	struct mounts mounts = {.nfs = json_array(), .read_only = json_array(), .volumes = json_object()};
	struct piece line;

	while (piece_line(&rest, &line)) {
		struct piece words[4];
		size_t count = 0;

		while (count < array_length(words) && piece_word(&line, &words[count]))
			count++;
		if (count == array_length(words) && words[1].at[0] == '/')
			add_mount(&mounts, words);
	}
	if (!mounts.count) {
		json_decref(mounts.nfs);
		json_decref(mounts.read_only);
		json_decref(mounts.volumes);
		err_set(err, ERR_PROTOCOL, "no mount is listed", NULL);
		return NULL;
	}
	return json_pack("{s:I, s:o, s:o, s:I, s:I, s:o, s:I}", "count", (json_int_t)mounts.count, "volumes",
			 mounts.volumes, "nfs", mounts.nfs, "nfsCount", (json_int_t)json_array_size(mounts.nfs),
			 "nfs3Count", (json_int_t)mounts.nfs_version_3, "readOnly", mounts.read_only, "readOnlyCount",
			 (json_int_t)json_array_size(mounts.read_only));
}
