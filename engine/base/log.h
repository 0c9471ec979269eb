/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log.h - one line a record on stderr, every byte of foreign text escaped.
 * Never called from the packet path (the worker raises counters and events;
 * housekeeping logs them).
 */
#ifndef EN_LOG_H
#define EN_LOG_H

enum en_log_level {
	EN_LOG_ERROR,
	EN_LOG_WARN,
	EN_LOG_INFO,
	EN_LOG_DEBUG,
};

/* Records above the level are not printed. Default EN_LOG_INFO. */
void en_log_set_level(enum en_log_level level);
/* "error", "warn", "info", "debug"; another word changes nothing. */
void en_log_set_level_word(const char *word);
/* "turnpike-dataplane", "turnpike": stands before each line. */
void en_log_set_name(const char *name);

/* area: the concept's stem ("port", "turn"). Newlines and control bytes in the
 * formatted text come out as \xNN. */
void en_log(enum en_log_level level, const char *area, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#define en_error(area, ...) en_log(EN_LOG_ERROR, area, __VA_ARGS__)
#define en_warn(area, ...)  en_log(EN_LOG_WARN, area, __VA_ARGS__)
#define en_info(area, ...)  en_log(EN_LOG_INFO, area, __VA_ARGS__)
#define en_debug(area, ...) en_log(EN_LOG_DEBUG, area, __VA_ARGS__)

/* Why starting failed, in one plain sentence; filled by whoever fails first. */
struct en_err {
	char text[512];
};

/* Set the sentence and return -1 (or the given negative errno). */
int en_fail(struct en_err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
