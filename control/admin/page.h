/* SPDX-License-Identifier: BSD-3-Clause */
/* page.h - the embedded files: a list that scripts/embed writes. */
#ifndef CP_PAGE_H
#define CP_PAGE_H

struct cp_page_file {
	const char *path; /* "/page.js" */
	const char *etag; /* in its quotes */
	const unsigned char *bytes, *end;
};

extern const struct cp_page_file cp_page_files[];
extern const unsigned int cp_page_file_n;

#endif
