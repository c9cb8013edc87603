/* A CUDA driver without a GPU: it writes down what it is told, one line a call, and fails where a test wants it to.
   Compute capability is 10 * FAKE_MAJOR + FAKE_MINOR. One thread at a time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { Contexts = 16, Kernels = 256, Ok = 0, InvalidValue = 1, InvalidContext = 201, NotFound = 500 };

typedef struct
{
    char name[64];
    char parameters[1024]; /* "name:size name:size ..." */
} Kernel;

static char *log_text;
static size_t log_length, log_capacity;
static char failing[64];
static int failing_after, failing_with;
static int major_version = 8, minor_version = 0;
static Kernel kernels[Kernels];
static int kernel_count;
static void *stack[Contexts] = {(void *)0x7000};
static int depth = 1;

static void append(const char *text)
{
    size_t length = strlen(text);
    if (log_length + length + 1 > log_capacity)
    {
        log_capacity = 2 * (log_length + length + 1);
        log_text = realloc(log_text, log_capacity);
    }
    memcpy(log_text + log_length, text, length + 1);
    log_length += length;
}

static int called(const char *function, const char *details)
{
    append(function);
    append(details);
    append("\n");
    return strcmp(function, failing) == 0 && failing_after-- == 0 ? failing_with : Ok;
}

static int called_on(const char *function, const void *what)
{
    char text[32];
    snprintf(text, sizeof text, " %llu", (unsigned long long)what);
    return called(function, text);
}

/* What tests use. */
const char *fake_log(void) { return log_text ? log_text : ""; }

void fake_clear_log(void)
{
    log_length = 0;
    if (log_text)
    {
        log_text[0] = 0;
    }
}

void fake_fail(const char *function, int after, int code)
{
    snprintf(failing, sizeof failing, "%s", function);
    failing_after = after;
    failing_with = code;
}

void fake_capability(int major, int minor)
{
    major_version = major;
    minor_version = minor;
}

void fake_describe(const char *kernel, const char *parameters)
{
    snprintf(kernels[kernel_count].name, sizeof kernels[0].name, "%s", kernel);
    snprintf(kernels[kernel_count++].parameters, sizeof kernels[0].parameters, "%s", parameters);
}

int fake_depth(void) { return depth; }

/* What the driver is. */
int cuInit(unsigned flags) { return called_on("cuInit", (void *)(size_t)flags); }

int cuGetErrorName(int code, const char **name)
{
    *name = code == 999 ? NULL : "FAKE_ERROR";
    return code == 999 ? InvalidValue : Ok;
}

int cuGetErrorString(int code, const char **text)
{
    *text = code == 999 ? NULL : "as the test wanted";
    return code == 999 ? InvalidValue : Ok;
}

int cuDeviceGet(int *device, int ordinal)
{
    *device = 100 + ordinal;
    return called_on("cuDeviceGet", (void *)(size_t)ordinal);
}

int cuDeviceGetAttribute(int *value, int attribute, int device)
{
    *value = attribute == 75 ? major_version : attribute == 76 ? minor_version : attribute == 16 ? 4 : -1;
    return called_on("cuDeviceGetAttribute", (void *)(size_t)device);
}

int cuDevicePrimaryCtxRetain(void **context, int device)
{
    *context = (void *)(size_t)(0x1000 + device);
    return called_on("cuDevicePrimaryCtxRetain", (void *)(size_t)device);
}

int cuDevicePrimaryCtxRelease_v2(int device) { return called_on("cuDevicePrimaryCtxRelease", (void *)(size_t)device); }

int cuCtxPushCurrent_v2(void *context)
{
    int result = called_on("cuCtxPushCurrent", context);
    if (result == Ok)
    {
        stack[depth++] = context;
    }
    return result;
}

int cuCtxPopCurrent_v2(void **context)
{
    if (depth == 1)
    {
        return InvalidContext;
    }
    *context = stack[--depth];
    return called_on("cuCtxPopCurrent", *context);
}

int cuCtxSynchronize(void) { return called_on("cuCtxSynchronize", stack[depth - 1]); }

int cuModuleLoadDataEx(void **module, const void *image, unsigned count, int *options, void **values)
{
    static size_t modules;
    /* The fake compiler's images are text. */
    char text[1100];
    snprintf(text, sizeof text, " %llu %s", (unsigned long long)stack[depth - 1], (const char *)image);
    int result = called("cuModuleLoadDataEx", text);
    *module = (void *)(0x2000 + ++modules);
    if (result != Ok && count == 2 && options[0] == 5 && options[1] == 6)
    {
        snprintf(values[0], (size_t)values[1], "ptxas says no");
    }
    return result;
}

int cuModuleUnload(void *module) { return called_on("cuModuleUnload", module); }

int cuModuleGetFunction(void **function, void *module, const char *name)
{
    int k;
    (void)module;
    for (k = 0; k < kernel_count && strcmp(kernels[k].name, name) != 0; k++)
    {
    }
    if (k == kernel_count)
    {
        return NotFound;
    }
    *function = &kernels[k];
    return called_on("cuModuleGetFunction", module);
}

int cuLaunchKernel(
    void *function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY, unsigned blockZ,
    unsigned shared, void *stream, void **arguments, void **extra)
{
    const Kernel *kernel = function;
    char text[4096];
    int length = snprintf(
        text, sizeof text, " %s context=%llu grid=%ux%ux%u block=%ux%ux%u shared=%u stream=%llu", kernel->name,
        (unsigned long long)stack[depth - 1], gridX, gridY, gridZ, blockX, blockY, blockZ, shared, (unsigned long long)stream);
    const char *parameter = kernel->parameters;
    int i, size, used;
    char name[64];
    (void)extra;
    for (i = 0; sscanf(parameter, " %63[^:]:%d%n", name, &size, &used) == 2; i++, parameter += used)
    {
        unsigned long long bits = 0;
        memcpy(&bits, arguments[i], (size_t)size);
        length += snprintf(text + length, sizeof text - (size_t)length, " %s=%llx", name, bits);
    }
    return called("cuLaunchKernel", text);
}
