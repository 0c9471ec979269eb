/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show_calls.c - calls of the gateway, a line for each leg.
 *
 * The control process knows them, not the dataplane: they are asked of its socket for programs (docs/data.md).
 *
 * Invariants
 *   K1  what it says is looked at as text of strangers: sizes are bounded, types checked, names escaped.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/cmd/cmd.h"
#include "engine/cmd/show.h"
#include "engine/cmd/table.h"

#define LINE_MAX_BYTES 4096
#define TEXT_MAX       (16u << 20)
#define WAIT_S         10

static int say_errno(const char *what)
{
	return cmd_say(CMD_FAILED, "show", "%s: %s", what, strerror(errno));
}

static int ask(const char *dir, int *ret_sock)
{
	static const char question[] = "{\"t\":\"calls\"}\n";
	const struct timeval wait = {.tv_sec = WAIT_S};
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int sock;

	if ((size_t)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/%s", dir, SHM_PROGRAM_SOCKET) >=
	    sizeof(sun.sun_path))
		return cmd_say(CMD_FAILED, "show", "runtime directory %s is too long for a socket path", dir);
	sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return say_errno("no socket");
	setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (connect(sock, (const struct sockaddr *)&sun, sizeof(sun)) != 0 ||
	    send(sock, question, sizeof(question) - 1, MSG_NOSIGNAL) != (ssize_t)sizeof(question) - 1) {
		int code = say_errno("the control process does not answer at " SHM_PROGRAM_SOCKET);

		close(sock);
		return code;
	}
	*ret_sock = sock;
	return CMD_OK;
}

/* One line, byte by byte: what is behind it is not ours to take yet. */
static json_t *read_head(int sock)
{
	char line[LINE_MAX_BYTES];
	size_t n = 0;

	while (n < sizeof(line) && read(sock, line + n, 1) == 1)
		if (line[n++] == '\n')
			return json_loadb(line, n, 0, NULL);
	return NULL;
}

static json_t *read_body(int sock, json_int_t len)
{
	char *text = len > 0 && len <= TEXT_MAX ? malloc((size_t)len) : NULL;
	json_t *root = NULL;
	size_t got = 0;

	while (text && got < (size_t)len) {
		ssize_t n = read(sock, text + got, (size_t)len - got);

		if (n <= 0)
			break;
		got += (size_t)n;
	}
	if (text && got == (size_t)len)
		root = json_loadb(text, got, 0, NULL);
	free(text);
	return root;
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "-";
}

static void cell_real(struct cmd_table *t, const json_t *o, const char *key, const char *fmt)
{
	const json_t *v = json_object_get(o, key);

	if (json_is_number(v))
		cmd_table_cell(t, fmt, json_number_value(v));
	else
		cmd_table_cell(t, "-");
}

static void print_leg(struct cmd_table *t, const char *id, const char *tag, const json_t *media)
{
	const json_t *m = json_object_get(media, "measures"), *x = json_object_get(m, "transcoding");
	const json_t *loss = json_object_get(m, "loss"), *concealed = json_object_get(x, "concealed");
	char text[256];

	cmd_table_cell(t, "%s", cmd_escape(id, text, sizeof(text)));
	cmd_table_cell(t, "%s", cmd_escape(tag, text, sizeof(text)));
	cmd_table_cell(t, "%s", cmd_escape(text_of(media, "remote"), text, sizeof(text)));
	cmd_table_cell(t, "%s", cmd_escape(text_of(media, "protocol"), text, sizeof(text)));
	cmd_table_cell(t, "%s", cmd_escape(text_of(m, "codec"), text, sizeof(text)));
	cell_real(t, m, "rx_packets", "%.0f");
	cell_real(t, m, "tx_packets", "%.0f");
	if (loss)
		cmd_table_cell(t, "%.2f %%", 100 * json_number_value(loss));
	else
		cmd_table_cell(t, "-");
	cell_real(t, m, "jitter_ms", "%.1f ms");
	cell_real(t, m, "mos", "%.2f");
	cmd_table_cell(t, "%s", cmd_escape(text_of(x, "to"), text, sizeof(text)));
	if (concealed)
		cmd_table_cell(t, "%.2f %%", 100 * json_number_value(concealed));
	else
		cmd_table_cell(t, "-");
	cell_real(t, x, "delay_ms", "%.0f ms");
	cell_real(t, x, "cpu_ms", "%.0f ms");
}

static int print_calls(const json_t *root, FILE *out)
{
	const json_t *calls = json_object_get(root, "calls");
	struct cmd_table t;
	size_t i, k, legs = 0;
	json_t *call, *media;
	const char *tag;
	json_t *side;

	cmd_table_begin(&t, out,
			"CALL|SIDE|REMOTE|PROTOCOL|CODEC|>IN|>OUT|>LOST|>JITTER|>MOS|MADE INTO|>CONCEALED|>DELAY|>CPU");
	json_array_foreach(calls, i, call)
	{
		json_object_foreach(json_object_get(call, "tags"), tag, side)
		{
			json_array_foreach(json_object_get(side, "medias"), k, media)
			{
				print_leg(&t, text_of(call, "id"), tag, media);
				legs++;
			}
		}
	}
	cmd_table_end(&t);
	fprintf(out, "%zu call%s, %zu legs\n", json_array_size(calls), json_array_size(calls) == 1 ? "" : "s", legs);
	return CMD_OK;
}

int cmd_show_calls(const struct cmd_view *view, const struct cmd_show_how *how, FILE *out)
{
	json_t *head, *root = NULL;
	int sock, code = ask(view->dir, &sock);

	if (code != CMD_OK)
		return code;
	head = read_head(sock);
	if (strcmp(text_of(head, "t"), "calls") == 0)
		root = read_body(sock, json_integer_value(json_object_get(head, "len")));
	close(sock);
	if (root)
		code = how->json ? cmd_print_json(root, out) : print_calls(root, out);
	else
		code = cmd_say(CMD_FAILED, "show", "the control process did not tell its calls: %s",
			       text_of(head, "text"));
	if (!how->json)
		json_decref(root);
	json_decref(head);
	return code;
}
