/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * isa.c - the whole program, bare primitive and dataplane alike, with the instructions of an older CPU.
 *
 * MICRO_ISA=avx2: libipsec-mb as on a CPU with AVX2 and AES-NI, without VAES and GFNI. What stands around the
 * encryption weighs less against it there. The linker puts this in front of the library (micro.mk: --wrap).
 */
#include <stdlib.h>
#include <string.h>

#include <intel-ipsec-mb.h>

#include "perf/micro/micro.h"

void __real_init_mb_mgr_auto(IMB_MGR *mgr, IMB_ARCH *ret_arch);
void __wrap_init_mb_mgr_auto(IMB_MGR *mgr, IMB_ARCH *ret_arch);

const char *micro_isa(void)
{
	const char *isa = getenv("MICRO_ISA");

	if (isa && strcmp(isa, "avx2") != 0)
		micro_die("MICRO_ISA=%s: avx2, or unset for what this CPU has", isa);
	return isa ? isa : "all";
}

void __wrap_init_mb_mgr_auto(IMB_MGR *mgr, IMB_ARCH *ret_arch)
{
	if (strcmp(micro_isa(), "all") == 0) {
		__real_init_mb_mgr_auto(mgr, ret_arch);
		return;
	}
	mgr->flags |= IMB_FLAG_GFNI_OFF; /* the library takes VAES only together with it */
	init_mb_mgr_avx2(mgr);
}
