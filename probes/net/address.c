#include <netinet/in.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/net/http_private.h"

struct network {
	unsigned char bytes[16];
	int bits;
};

/* IANA's registries of special-purpose addresses (RFC 6890 and later), and multicast. */
static const struct network special_v4[] = {
	{{0}, 8},	       {{10}, 8},	      {{100, 64}, 10},	 {{127}, 8},	     {{169, 254}, 16},
	{{172, 16}, 12},       {{192, 0, 0}, 24},     {{192, 0, 2}, 24}, {{192, 88, 99}, 24},
	{{192, 168}, 16},
	{{198, 18}, 15},       {{198, 51, 100}, 24},  {{203, 0, 113}, 24}, {{224}, 4},	     {{240}, 4},
};

/* Only 2000::/3 is in use for the public; inside it these are not. */
static const struct network special_v6[] = {
	{{0x20, 0x01, 0x00}, 23},	/* protocol assignments, Teredo among them */
	{{0x20, 0x01, 0x0d, 0xb8}, 32},
	{{0x20, 0x02}, 16},		/* 6to4 leads to IPv4 addresses */
	{{0x3f, 0xff}, 20},
};

static bool is_inside(const unsigned char *address, const struct network *network)
{
	for (int bit = 0; bit < network->bits; bit++) {
		int mask = 0x80 >> (bit % 8);

		if ((address[bit / 8] & mask) != (network->bytes[bit / 8] & mask))
			return false;
	}
	return true;
}

static bool is_inside_any(const unsigned char *address, const struct network *networks, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (is_inside(address, &networks[i]))
			return true;
	}
	return false;
}

bool address_is_public(const struct sockaddr *address)
{
	static const struct network global_v6 = {{0x20}, 3};
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	const unsigned char *bytes;

	if (address->sa_family == AF_INET) {
		memcpy(&v4, address, sizeof(v4));
		return !is_inside_any((const unsigned char *)&v4.sin_addr, special_v4,
				      array_length(special_v4));
	}
	if (address->sa_family != AF_INET6)
		return false;
	memcpy(&v6, address, sizeof(v6));
	bytes = (const unsigned char *)&v6.sin6_addr;
	if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr))
		return !is_inside_any(bytes + 12, special_v4, array_length(special_v4));
	return is_inside(bytes, &global_v6) && !is_inside_any(bytes, special_v6, array_length(special_v6));
}
