/* Veo's emulator in a world of a test's making. */
#ifndef GV_TESTS_VEO_EMU_KIT_H
#define GV_TESTS_VEO_EMU_KIT_H

#include "support/emu_kit.h"

#define VEO_VERTEX(model) "/v1/projects/sandbox-project/locations/us-central1/publishers/google/models/" model
#define VEO_GEMINI(model) "/v1beta/models/" model ":predictLongRunning"
#define VEO_FULL VEO_VERTEX("veo-3.1-generate-001") ":predictLongRunning"
#define VEO_FAST VEO_VERTEX("veo-3.1-fast-generate-001") ":predictLongRunning"
#define VEO_LITE VEO_VERTEX("veo-3.1-lite-generate-001") ":predictLongRunning"
#define VEO_POLL VEO_VERTEX("veo-3.1-generate-001") ":fetchPredictOperation"

/* A body of one instance. */
#define VEO_BODY(instance, parameters) "{\"instances\":[{" instance "}],\"parameters\":{" parameters "}}"
#define VEO_BOAT "\"prompt\":\"a boat\""
#define VEO_PICTURE(name) "{\"bytesBase64Encoded\":\"" name "\",\"mimeType\":\"image/png\"}"
#define VEO_FILM(name) "{\"bytesBase64Encoded\":\"" name "\",\"mimeType\":\"video/mp4\"}"

/* Signed by the openssl program with the sandbox's key: good from ten seconds before EMU_KIT_NOW_MS, for an hour. */
extern const char veo_emu_kit_assertion[];

/* With a bearer token and an API key. Media are told by their base64: an ending of "Jpg" is a JPEG, "Big" a PNG of
 * 21 MB, "Gif" a GIF, "Mp4" a film of 1280x720, 8 s and 24 fps, "Long" one of 40 s, "Fast" one of 30 fps, "Odd" one of
 * 1000x700; "Bad" can't be read; else a PNG. */
void veo_emu_kit_begin(struct emu_kit *kit);
/* The same for each test, whose state it is. */
int veo_emu_kit_set_up(void **state);
/* Sends a form to the token server. */
int veo_emu_kit_token(struct emu_kit *kit, const char *grant_type, const char *name, const char *value);
/* Sends and asserts status, google.rpc name and a part of the message. */
void veo_emu_kit_refused(struct emu_kit *kit, const char *method, const char *path, const char *body, int status,
                         const char *name, const char *part);
/* Sends a create to Vertex, lets its time pass and polls it. */
void veo_emu_kit_finish(struct emu_kit *kit, const char *body);
/* Polls the operation of the last answer's name. */
void veo_emu_kit_poll(struct emu_kit *kit, const char *name);

#endif
