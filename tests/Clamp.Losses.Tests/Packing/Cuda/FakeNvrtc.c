/* An NVRTC that compiles nothing: the image is its kind, the source's name and the options, so that tests see what was asked for. */
#include <stdio.h>
#include <string.h>

static char image[1024];
static char failing[64];
static int compiled, created, version = 8;

int fake_compiled(void) { return compiled; }

int fake_alive(void) { return created; }

void fake_version(int minor) { version = minor; }

void fake_fail(const char *function) { snprintf(failing, sizeof failing, "%s", function); }

static int result_of(const char *function) { return strcmp(function, failing) == 0 ? 6 : 0; }

const char *nvrtcGetErrorString(int code) { return code == 6 ? "NVRTC_ERROR_FAKE" : "NVRTC_SUCCESS"; }

int nvrtcVersion(int *major, int *minor)
{
    *major = 11;
    *minor = version;
    return result_of("nvrtcVersion");
}

int nvrtcGetNumSupportedArchs(int *count)
{
    *count = 3;
    return result_of("nvrtcGetNumSupportedArchs");
}

int nvrtcGetSupportedArchs(int *architectures)
{
    architectures[0] = 80;
    architectures[1] = 70;
    architectures[2] = 75;
    return result_of("nvrtcGetSupportedArchs");
}

int nvrtcCreateProgram(
    void **program, const char *source, const char *name, int count, const char *const *headers, const char *const *names)
{
    *program = image;
    (void)source;
    (void)headers;
    snprintf(image, sizeof image, "      %s", name);
    for (int i = 0; i < count; i++)
    {
        snprintf(image + strlen(image), sizeof image - strlen(image), " includes %s", names[i]);
    }
    created += result_of("nvrtcCreateProgram") == 0;
    return result_of("nvrtcCreateProgram");
}

int nvrtcDestroyProgram(void **program)
{
    *program = 0;
    created--;
    return 0;
}

int nvrtcCompileProgram(void *program, int count, const char *const *options)
{
    (void)program;
    compiled++;
    for (int i = 0; i < count; i++)
    {
        snprintf(image + strlen(image), sizeof image - strlen(image), " %s", options[i]);
    }
    return result_of("nvrtcCompileProgram");
}

static int size_of(const char *text, size_t *size)
{
    *size = strlen(text) + 1;
    return 0;
}

static int copy(const char *text, char *result)
{
    strcpy(result, text);
    return 0;
}

static const char Log[] = "line 7: the test wanted an error\n";

int nvrtcGetProgramLogSize(void *program, size_t *size) { return (void)program, size_of(Log, size); }

int nvrtcGetProgramLog(void *program, char *log) { return (void)program, copy(Log, log); }

int nvrtcGetCUBINSize(void *program, size_t *size) { return (void)program, size_of(image, size) + result_of("nvrtcGetCUBINSize"); }

int nvrtcGetCUBIN(void *program, char *code)
{
    (void)program;
    memcpy(image, "cubin", 5);
    return copy(image, code) + result_of("nvrtcGetCUBIN");
}

int nvrtcGetPTXSize(void *program, size_t *size) { return (void)program, size_of(image, size) + result_of("nvrtcGetPTXSize"); }

int nvrtcGetPTX(void *program, char *code)
{
    (void)program;
    memcpy(image, "ptx  ", 5);
    return copy(image, code) + result_of("nvrtcGetPTX");
}
