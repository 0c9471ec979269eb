/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * emodel.h - how speech is likely to be judged, from what a network does to it: ITU-T G.107, its defaults but for
 * delay, loss and codec.
 *
 *   R   = 93.2 - Id - Ie,eff               G.107 s7.1 with default values for all that is not known here
 *   Id  = 0.024 d + 0.11 max(d - 177.3, 0) d: ms from mouth to ear. A fit to G.107's Idd with perfect echo control:
 *                                          Cole, Rosenbluth, Voice over IP performance monitoring, 2001
 *   Ie,eff = Ie + (95 - Ie) P / (P + Bpl)  G.107 s7.5 for random loss (BurstR 1); P: percent lost
 *   MOS = 1 + 0.035 R + R (R - 60) (100 - R) 7e-6 for 0 < R < 100; 1 below, 4.5 above   G.107 Annex B
 *
 * Ie and Bpl are those of G.113 Appendix I: a narrow-band scale, its best is 4.4. Codecs that it does not have (opus,
 * G722, L16) count as G.711 with concealment, which does not flatter them.
 *
 * Runs on:   anyone; no state.
 */
#ifndef CP_GW_EMODEL_H
#define CP_GW_EMODEL_H

struct cp_emodel_codec {
	double ie, bpl;
};

/* By its name in SDP. */
struct cp_emodel_codec cp_emodel_codec(const char *name);
/* 0 to 93.2. ie: of all codecs on the way, added up; bpl: of the one that meets the loss; loss: percent. */
double cp_emodel_r(double ie, double bpl, double loss, double delay_ms);
/* 1 to 4.5. */
double cp_emodel_mos(double r);

#endif
