/* SPDX-License-Identifier: BSD-3-Clause */
/* emodel.c - see emodel.h. */
#include "control/gateway/emodel.h"

#include <stddef.h>
#include <strings.h>

#define R_BEST 93.2

/* ITU-T G.113 Appendix I. */
static const struct {
	const char *name;
	struct cp_emodel_codec codec;
} codecs[] = {
	{"PCMU", {0, 25.1}}, /* G.711 with concealment of losses (its Appendix I), which all receivers have by now */
	{"G729", {11, 19.0}}, /* G.729A with VAD */
	{"G723", {15, 16.1}}, /* G.723.1 at 6.3 kbit/s with VAD */
	{"GSM-EFR", {5, 10.0}},
};

struct cp_emodel_codec cp_emodel_codec(const char *name)
{
	for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++)
		if (strcasecmp(codecs[i].name, name) == 0)
			return codecs[i].codec;
	return codecs[0].codec;
}

double cp_emodel_r(double ie, double bpl, double loss, double delay_ms)
{
	double late = delay_ms > 177.3 ? delay_ms - 177.3 : 0;
	double id = 0.024 * delay_ms + 0.11 * late;
	double lossy = ie + (95 - ie) * loss / (loss + bpl);
	double r = R_BEST - id - lossy;

	return r > 0 ? r : 0;
}

double cp_emodel_mos(double r)
{
	double mos;

	if (r <= 0)
		return 1;
	if (r >= 100)
		return 4.5;
	mos = 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6;
	return mos > 1 ? mos : 1; /* below R = 6.5 the curve dips under 1 */
}
