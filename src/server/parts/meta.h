/* What a front keeps of the request in the job's metadata, apart from the caller's: never shown as metadata. */
#ifndef GV_SERVER_META_H
#define GV_SERVER_META_H

#define GV_VIDEO_META_MODEL "openai.model"     /* as the caller said it */
#define GV_VIDEO_META_SIZE "openai.size"       /* "1280x720", where the caller said one */
#define GV_VIDEO_META_SECONDS "openai.seconds" /* "8" */
#define GV_VIDEO_META_REMIXED "openai.remixed_from"
#define GV_VIDEO_META_WARNING "openai.warning" /* what of the request was not taken as it was said */
#define GV_VIDEO_META_CALLBACK "openai.callback_url"
#define GV_VIDEO_META_PREFIX "openai."

#endif
