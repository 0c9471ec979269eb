/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * device.c - `device` words to DPDK device arguments.
 *
 * Runs on:   start. Text in, text out: opens nothing, asks the system nothing.
 *
 *   written                 DPDK                       set unless written
 *   tap:NAME                net_tapN,iface=NAME
 *   xdp:IFACE               net_af_xdpN,iface=IFACE
 *   packet:IFACE            net_af_packetN,iface=IFACE qpairs qdisc_bypass framecnt framesz blocksz
 *   memif:SOCKET            net_memifN,socket=SOCKET   role=server socket-abstract=no
 *   PCI address             itself
 *   anything else           itself
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dataplane/device.h"

#define MEMIF_SOCKET_MAX 107 /* sun_path without the NUL */
#define PACKET_FRAME     2048 /* the driver's default; its header takes some of it */
#define PACKET_FRAME_MTU 1900 /* larger packets need a larger frame */
#define PACKET_BLOCK     4096

const char *dp_device_kind_name(enum dp_device_kind kind)
{
	switch (kind) {
	case DP_DEVICE_TAP:
		return "tap";
	case DP_DEVICE_XDP:
		return "AF_XDP";
	case DP_DEVICE_PACKET:
		return "AF_PACKET";
	case DP_DEVICE_MEMIF:
		return "memif";
	case DP_DEVICE_PCI:
		return "PCI";
	case DP_DEVICE_RAW:
		break;
	}
	return "DPDK";
}

static bool hex_run(const char **text, const char *end, unsigned int n)
{
	for (; n; n--, (*text)++)
		if (*text == end || !isxdigit((unsigned char)**text))
			return false;
	return true;
}

static bool literal(const char **text, const char *end, char c)
{
	if (*text == end || **text != c)
		return false;
	(*text)++;
	return true;
}

bool dp_device_is_pci(const char *text, size_t len)
{
	const char *p = text, *end = text + len;

	if (len == 12 && !(hex_run(&p, end, 4) && literal(&p, end, ':')))
		return false;
	return hex_run(&p, end, 2) && literal(&p, end, ':') && hex_run(&p, end, 2) && literal(&p, end, '.') &&
	       hex_run(&p, end, 1) && p == end;
}

static const struct {
	const char *prefix, *driver;
	enum dp_device_kind kind;
} forms[] = {
	{"tap:", "net_tap", DP_DEVICE_TAP},
	{"xdp:", "net_af_xdp", DP_DEVICE_XDP},
	{"packet:", "net_af_packet", DP_DEVICE_PACKET},
	{"memif:", "net_memif", DP_DEVICE_MEMIF},
};

/* the words of one device, while it is read */
struct words {
	const struct conf_port *conf;
	const char *first; /* interface, socket or device name */
	size_t first_len;
	const char *rest; /* ",key=value…" or "" */
	struct dp_device *dev;
	bool ok; /* args held everything so far */
};

static void append(struct words *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void append(struct words *w, const char *fmt, ...)
{
	size_t len = strlen(w->dev->args);
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(w->dev->args + len, sizeof(w->dev->args) - len, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(w->dev->args) - len)
		w->ok = false;
}

static bool given(const struct words *w, const char *key)
{
	size_t len = strlen(key);

	for (const char *p = w->rest; (p = strchr(p, ',')) != NULL;) {
		p++;
		if (strncmp(p, key, len) == 0 && p[len] == '=')
			return true;
	}
	return false;
}

static void append_default(struct words *w, const char *key, const char *value)
{
	if (!given(w, key))
		append(w, ",%s=%s", key, value);
}

static void append_default_number(struct words *w, const char *key, unsigned int value)
{
	if (!given(w, key))
		append(w, ",%s=%u", key, value);
}

/* Kernel rules: 1 to 15 bytes, no slash, colon or white space, not "." or "..". */
static bool iface_is_sane(const char *name, size_t len)
{
	if (len == 0 || len >= DP_DEVICE_IFACE_MAX || (len <= 2 && strncmp(name, "..", len) == 0))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isgraph((unsigned char)name[i]) || name[i] == '/' || name[i] == ':')
			return false;
	return true;
}

static int take_iface(struct words *w, struct en_err *err)
{
	if (!iface_is_sane(w->first, w->first_len))
		return en_fail(err, -1, "port %s: '%s' names no interface: 1 to 15 characters without '/' or ':'",
			       w->conf->name, w->conf->device);
	memcpy(w->dev->iface, w->first, w->first_len);
	append(w, ",iface=%s", w->dev->iface);
	return 0;
}

static void packet_defaults(struct words *w, unsigned int queues)
{
	bool large = w->conf->mtu > PACKET_FRAME_MTU;

	append_default_number(w, "qpairs", queues);
	append_default(w, "qdisc_bypass", "1");
	append_default_number(w, "framesz", large ? 2 * PACKET_FRAME : PACKET_FRAME);
	append_default_number(w, "blocksz", PACKET_BLOCK);
	/* whole blocks only */
	append_default_number(w, "framecnt", w->conf->descriptors & ~1u);
}

static int memif_words(struct words *w, struct en_err *err)
{
	if (w->first_len == 0 || w->first_len > MEMIF_SOCKET_MAX)
		return en_fail(err, -1, "port %s: '%s' needs a socket path of 1 to %d characters behind 'memif:'",
			       w->conf->name, w->conf->device, MEMIF_SOCKET_MAX);
	append(w, ",socket=%.*s", (int)w->first_len, w->first);
	append_default(w, "role", "server");
	append_default(w, "socket-abstract", "no");
	return 0;
}

/* ",mode=generic|native" is ours, not the driver's */
static int xdp_mode(struct words *w, struct en_err *err)
{
	static const char key[] = ",mode=";
	const char *mode = strstr(w->rest, key), *end;
	size_t len;

	if (!mode) {
		append(w, "%s", w->rest);
		return 0;
	}
	append(w, "%.*s", (int)(mode - w->rest), w->rest);
	mode += sizeof(key) - 1;
	end = strchr(mode, ',');
	len = end ? (size_t)(end - mode) : strlen(mode);
	if (len == 7 && strncmp(mode, "generic", len) == 0)
		w->dev->generic = true;
	else if (len != 6 || strncmp(mode, "native", len) != 0)
		return en_fail(err, -1, "port %s: mode of '%s' is native or generic", w->conf->name, w->conf->device);
	append(w, "%s", mode + len);
	return 0;
}

static int expand(struct words *w, unsigned int queues, struct en_err *err)
{
	int rc;

	switch (w->dev->kind) {
	case DP_DEVICE_XDP:
		rc = take_iface(w, err);
		return rc ? rc : xdp_mode(w, err);
	case DP_DEVICE_TAP:
		rc = take_iface(w, err);
		break;
	case DP_DEVICE_PACKET:
		rc = take_iface(w, err);
		packet_defaults(w, queues);
		break;
	case DP_DEVICE_MEMIF:
		rc = memif_words(w, err);
		break;
	default:
		rc = 0;
	}
	append(w, "%s", w->rest);
	return rc;
}

static void take_first(struct words *w, const char *text)
{
	w->first = text;
	w->first_len = strcspn(text, ",");
	w->rest = text + w->first_len;
}

/* The words are DPDK's own already. */
static int take_raw(struct words *w, struct en_err *err)
{
	take_first(w, w->conf->device);
	if (w->first_len == 0 || w->first_len >= sizeof(w->dev->name))
		return en_fail(err, -1,
			       "port %s: '%s' is not a device: tap:NAME, xdp:IFACE, packet:IFACE, "
			       "memif:SOCKET, a PCI address or a DPDK device string",
			       w->conf->name, w->conf->device);
	w->dev->kind = dp_device_is_pci(w->first, w->first_len) ? DP_DEVICE_PCI : DP_DEVICE_RAW;
	memcpy(w->dev->name, w->first, w->first_len);
	append(w, "%s", w->conf->device);
	return 0;
}

int dp_device_parse(const struct conf_port *conf, unsigned int index, unsigned int queues, struct dp_device *ret_dev,
		    struct en_err *err)
{
	struct dp_device dev = {.kind = DP_DEVICE_RAW};
	struct words w = {.conf = conf, .dev = &dev, .ok = true};
	int rc = -1;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		size_t len = strlen(forms[i].prefix);

		if (strncmp(conf->device, forms[i].prefix, len) != 0)
			continue;
		dev.kind = forms[i].kind;
		snprintf(dev.name, sizeof(dev.name), "%s%u", forms[i].driver, index);
		take_first(&w, conf->device + len);
		append(&w, "%s", dev.name);
		rc = expand(&w, queues, err);
		goto done;
	}
	rc = take_raw(&w, err);
done:
	if (rc != 0)
		return rc;
	if (!w.ok)
		return en_fail(err, -1, "port %s: the device words are longer than %d characters", conf->name,
			       DP_DEVICE_ARGS_MAX - 1);
	*ret_dev = dev;
	return 0;
}
