/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * metrics.c - Prometheus text: everything that the .def lists declare, by core, and control's own.
 *
 * Names: "relay.to_peer.packets" becomes turnpike_relay_to_peer_packets_total; help is the meaning.
 */
#include <inttypes.h>
#include <string.h>

#include "control/admin/internal.h"
#include "control/dp/link.h"
#include "control/gateway/gateway.h"
#include "control/peer/data.h"
#include "control/sctp/assoc.h"
#include "control/signal/signal.h"
#include "engine/base/clock.h"

/* "a.b-c" to "a_b_c" */
static void put_name(FILE *out, const char *name, const char *end)
{
	fputs("turnpike_", out);
	for (; *name; name++)
		fputc(*name == '.' || *name == '-' ? '_' : *name, out);
	fputs(end, out);
}

/* Help text, label values: the characters that end them. */
static void put_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\' || *text == '"')
			fputc('\\', out);
		if ((unsigned char)*text >= ' ')
			fputc(*text, out);
	}
}

static void put_head(FILE *out, const char *name, const char *end, const char *type, const char *help)
{
	fputs("# HELP ", out);
	put_name(out, name, end);
	fputc(' ', out);
	for (const char *p = help; *p; p++)
		fputs(*p == '\\' ? "\\\\" : (char[]){*p, '\0'}, out);
	fputs("\n# TYPE ", out);
	put_name(out, name, end);
	fprintf(out, " %s\n", type);
}

static void put_core(FILE *out, const char *name, const char *end, unsigned int core, uint64_t value)
{
	put_name(out, name, end);
	fprintf(out, "{core=\"%u\"} %" PRIu64 "\n", core, value);
}

static void put_counters(const struct shm_region *r, FILE *out)
{
	for (unsigned int c = 0; c < CTR_N; c++) {
		put_head(out, shm_counter_names[c].name, "_total", "counter", shm_counter_names[c].text);
		for (unsigned int i = 0; i < r->core_n; i++)
			put_core(out, shm_counter_names[c].name, "_total", i, r->core[i].counter[c]);
	}
	for (unsigned int g = 0; g < GAUGE_N; g++) {
		put_head(out, shm_gauge_names[g].name, "", "gauge", shm_gauge_names[g].text);
		for (unsigned int i = 0; i < r->core_n; i++)
			put_core(out, shm_gauge_names[g].name, "", i, r->core[i].gauge[g]);
	}
}

static void put_drops(const struct shm_region *r, FILE *out)
{
	put_head(out, "drops", "_total", "counter", "packets dropped, by reason (docs/counters.md)");
	for (unsigned int d = 0; d < DROP_N; d++) {
		for (unsigned int i = 0; i < r->core_n; i++)
			fprintf(out, "turnpike_drops_total{reason=\"%s\",node=\"%s\",core=\"%u\"} %" PRIu64 "\n",
				shm_drop_names[d].name, shm_drop_names[d].group, i, r->core[i].drop[d]);
	}
}

static double seconds(uint64_t cycles, uint64_t hz)
{
	return hz ? (double)cycles / (double)hz : 0.0;
}

static void put_cores(const struct shm_region *r, FILE *out)
{
	uint64_t now = en_mono_ns();

	put_head(out, "core.busy_seconds", "_total", "counter", "time in which the worker moved packets");
	for (unsigned int i = 0; i < r->core_n; i++)
		fprintf(out, "turnpike_core_busy_seconds_total{core=\"%u\",cpu=\"%u\"} %.6f\n", i, r->core[i].cpu,
			seconds(r->core[i].busy_cycles, r->tsc_hz));
	put_head(out, "core.seconds", "_total", "counter", "time in which the worker did not sleep");
	for (unsigned int i = 0; i < r->core_n; i++)
		fprintf(out, "turnpike_core_seconds_total{core=\"%u\",cpu=\"%u\"} %.6f\n", i, r->core[i].cpu,
			seconds(r->core[i].cycles, r->tsc_hz));
	put_head(out, "core.loops", "_total", "counter", "graph walks");
	for (unsigned int i = 0; i < r->core_n; i++)
		put_core(out, "core.loops", "_total", i, r->core[i].loops);
	put_head(out, "core.sleeps", "_total", "counter", "times the worker went to sleep");
	for (unsigned int i = 0; i < r->core_n; i++)
		put_core(out, "core.sleeps", "_total", i, r->core[i].sleeps);
	put_head(out, "core.silence_seconds", "", "gauge", "since the worker last came round");
	for (unsigned int i = 0; i < r->core_n; i++) {
		uint64_t beat = r->core[i].heartbeat;

		fprintf(out, "turnpike_core_silence_seconds{core=\"%u\"} %.3f\n", i,
			beat && now > beat ? (double)(now - beat) / 1e9 : 0.0);
	}
}

static void put_port_row(FILE *out, const char *name, const struct shm_port *port, unsigned int core, uint64_t value)
{
	fprintf(out, "turnpike_port_%s_total{port=\"", name);
	put_escaped(out, port->name);
	fprintf(out, "\",core=\"%u\"} %" PRIu64 "\n", core, value);
}

static void put_ports(const struct shm_region *r, FILE *out)
{
	static const struct {
		const char *name, *help;
		size_t at;
	} rows[] = {
		{"rx_packets", "frames taken from a port", offsetof(struct shm_port_stat, rx_packets)},
		{"rx_bytes", "bytes of them", offsetof(struct shm_port_stat, rx_bytes)},
		{"tx_packets", "frames given to a port", offsetof(struct shm_port_stat, tx_packets)},
		{"tx_bytes", "bytes of them", offsetof(struct shm_port_stat, tx_bytes)},
	};

	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
		fprintf(out, "# HELP turnpike_port_%s_total %s\n# TYPE turnpike_port_%s_total counter\n", rows[k].name,
			rows[k].help, rows[k].name);
		for (unsigned int p = 0; p < r->port_n; p++) {
			for (unsigned int i = 0; i < r->core_n; i++) {
				uint64_t value;

				memcpy(&value, (const char *)&r->core[i].port[p] + rows[k].at, sizeof(value));
				put_port_row(out, rows[k].name, &r->port[p], i, value);
			}
		}
	}
}

void cp_metrics_region(const struct shm_region *r, FILE *out)
{
	put_counters(r, out);
	put_drops(r, out);
	put_cores(r, out);
	put_ports(r, out);
	put_head(out, "start_time_seconds", "", "gauge", "when the dataplane started, since the epoch");
	fprintf(out, "turnpike_start_time_seconds %" PRIu64 "\n", r->start_wall_s);
	put_head(out, "draining", "", "gauge", "whether new allocations are refused");
	fprintf(out, "turnpike_draining %d\n", r->draining != 0);
}

static void put_one(FILE *out, const char *name, const char *type, const char *help, uint64_t value)
{
	put_head(out, name, "", type, help);
	put_name(out, name, "");
	fprintf(out, " %" PRIu64 "\n", value);
}

static size_t count(json_t *root, const char *list)
{
	size_t n = json_array_size(json_object_get(root, list));

	json_decref(root);
	return n;
}

/* owner: channels that the room has no use for. */
static void put_refusals(const struct cp_control *control, uint64_t owner, FILE *out)
{
	const struct cp_refusals *r = control->sctp ? cp_sctp_stack_refused(control->sctp) : NULL;

	put_head(out, "data.refused_total", "", "counter", "packets and channels that were not taken (docs/data.md)");
	for (unsigned int i = 0; r && i < CP_REFUSAL_N; i++)
		fprintf(out, "turnpike_data_refused_total{reason=\"%s\"} %" PRIu64 "\n", cp_refusal_name(i), r->n[i]);
	fprintf(out, "turnpike_data_refused_total{reason=\"room\"} %" PRIu64 "\n", owner);
}

static void put_data(const struct cp_control *control, FILE *out)
{
	unsigned int associations, channels;
	uint64_t queued;
	const struct cp_data_totals *t = cp_signal_data_totals(control->signal, &associations, &channels, &queued);
	const struct {
		const char *name, *type, *help;
		uint64_t value;
	} rows[] = {
		{"data.associations", "gauge", "SCTP associations of data channels", associations},
		{"data.channels", "gauge", "data channels", channels},
		{"data.queued_bytes", "gauge", "bytes that wait in channels for SCTP to take them", queued},
		{"data.associations_total", "counter", "associations that were begun", t->associations},
		{"data.messages_total", "counter", "messages that came by data channels", t->messages},
		{"data.bytes_total", "counter", "bytes of them", t->bytes},
		{"data.delivered_total", "counter", "messages given to receivers, each counted", t->delivered},
		{"data.dropped_total", "counter", "messages thrown away for a receiver that was slow", t->dropped},
		{"data.too_big_total", "counter", "messages bigger than a receiver takes", t->too_big},
		{"data.too_slow_total", "counter", "channels closed because they were not read", t->too_slow},
		{"data.no_participant_total", "counter", "pipes to nobody", t->no_participant},
		{"data.lane_full_total", "counter", "packets lost because the lane had no room", t->lost},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		put_one(out, rows[i].name, rows[i].type, rows[i].help, rows[i].value);
	put_refusals(control, t->refused, out);
}

static void put_real(FILE *out, const char *name, const char *type, const char *help, double value)
{
	put_head(out, name, "", type, help);
	put_name(out, name, "");
	fprintf(out, " %.6g\n", value);
}

/* Means over the legs that are judged; without one there are none to tell. */
static void put_quality(const struct cp_gateway_stats *s, FILE *out)
{
	put_one(out, "gateway.legs", "gauge", "legs of calls", s->legs);
	put_one(out, "gateway.judged", "gauge", "legs of which enough was heard to estimate a MOS", s->judged);
	if (s->judged > 0) {
		put_real(out, "gateway.mos_mean", "gauge", "estimated MOS of what comes from them (docs/gateway.md)",
			 s->mos_sum / s->judged);
		put_real(out, "gateway.mos_worst", "gauge", "the least of them", s->mos_worst);
		put_real(out, "gateway.loss_mean", "gauge", "part of their packets that was lost",
			 s->loss_sum / s->judged);
		put_real(out, "gateway.jitter_seconds_mean", "gauge", "their jitter (RFC 3550)",
			 s->jitter_ms_sum / s->judged / 1000);
	}
	put_real(out, "gateway.transcoding_cpu_seconds_total", "counter", "CPU time of transcoding",
		 (double)s->cpu_us / 1e6);
	put_real(out, "gateway.spoken_seconds_total", "counter", "sound that was transcoded, pauses left out",
		 (double)s->spoken_ms / 1e3);
	put_real(out, "gateway.concealed_seconds_total", "counter", "of which made up for losses",
		 (double)s->concealed_ms / 1e3);
}

static void put_gateway(const struct cp_gateway *gateway, FILE *out)
{
	struct cp_gateway_stats s;

	cp_gateway_stats(gateway, &s);
	put_one(out, "gateway.calls", "gauge", "calls", s.present);
	put_one(out, "gateway.calls_total", "counter", "calls that were begun", s.calls);
	put_one(out, "gateway.ports", "gauge", "pairs of RTP ports that legs have", s.ports);
	put_one(out, "gateway.timeouts_total", "counter", "calls that ended because nothing came any more", s.timeouts);
	put_one(out, "gateway.commands_total", "counter", "commands of the ng protocol", s.commands);
	put_one(out, "gateway.errors_total", "counter", "of which with an error for an answer, or none", s.errors);
	put_one(out, "gateway.pipes", "gauge", "directions of streams that are transcoded", s.pipes);
	put_one(out, "gateway.transcoded_total", "counter", "packets made of others", s.transcoded);
	put_one(out, "gateway.unheard_total", "counter", "packets lost because a transcoding thread was behind",
		s.unheard);
	put_one(out, "gateway.repeated_total", "counter", "datagrams that came again and got the same answer",
		s.repeated);
	put_quality(&s, out);
}

void cp_metrics_control(const struct cp_control *control, FILE *out)
{
	struct cp_link_stats link = {0};

	if (control->link)
		cp_link_stats(control->link, &link);
	put_one(out, "control.linked", "gauge", "whether control and dataplane are linked and synced", control->synced);
	put_one(out, "control.commands_total", "counter", "messages sent to the dataplane", link.sent);
	put_one(out, "control.events_total", "counter", "messages heard from it", link.received);
	put_one(out, "control.full_total", "counter", "times a ring to it was full", link.full);
	put_one(out, "control.bad_total", "counter", "messages that were none", link.bad);
	put_one(out, "control.connects_total", "counter", "times the lanes were taken", link.connects);
	put_one(out, "rooms", "gauge", "rooms with somebody in them", count(cp_admin_rooms(control), "rooms"));
	put_one(out, "peers", "gauge", "remote endpoints of media sessions",
		count(cp_admin_sessions(control), "sessions"));
	if (control->signal)
		put_data(control, out);
	if (control->gateway)
		put_gateway(control->gateway, out);
}
