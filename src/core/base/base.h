/* SPDX-License-Identifier: ISC */
/* Compiler attributes and tiny macros that every file may use. */
#ifndef BASE_H
#define BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUSTCHECK          __attribute__((warn_unused_result))
#define PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#define NORETURN           __attribute__((noreturn))
/* The text of what a macro stands for, as a literal. */
#define STRINGIFY(macro) STRINGIFY_(macro)
#define STRINGIFY_(text) #text
#define NELEM(array)     (sizeof(array) / sizeof((array)[0]))

#endif
