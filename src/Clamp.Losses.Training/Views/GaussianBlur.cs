using TorchSharp;
using static Clamp.Losses.Tensors.KeptScalars;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Clamp.Losses.Training;

/// <summary>Blurs each image by its own Gaussian, borders reflected, as torchvision's <c>gaussian_blur</c>.</summary>
public static class GaussianBlur
{
    /// <summary>The width of the kernel: about a tenth of the image as in SimCLR, odd and at least 3 (32 gives 3, 224 gives 23).</summary>
    /// <param name="imageSize">The smaller of height and width.</param>
    public static int KernelSize(int imageSize) => Math.Max(3, (imageSize / 20 * 2) + 1);

    /// <summary>Changes images in place.</summary>
    /// <param name="images">[N, C, H, W], float32; overwritten. H and W are above <paramref name="kernelSize"/> / 2.</param>
    /// <param name="sigmas">[N], standard deviations in pixels, above 0.</param>
    /// <param name="kernelSize">Taps along each side, odd.</param>
    public static void ApplyTo(Tensor images, Tensor sigmas, int kernelSize)
    {
        using var scope = NewDisposeScope();
        var (channels, height, width) = (images.shape[1], images.shape[2], images.shape[3]);
        var radius = kernelSize / 2;
        var kernels = Kernels(sigmas, radius).repeat_interleave(channels, 0);
        var planes = kernels.shape[0];

        // All planes become channels of one image, so that one grouped convolution gives each its own kernel.
        var padded = functional.pad(images.reshape(1, planes, height, width), (radius, radius, radius, radius), PaddingModes.Reflect);
        var alongRows = functional.conv2d(padded, kernels.reshape(planes, 1, 1, kernelSize), groups: planes);
        var blurred = functional.conv2d(alongRows, kernels.reshape(planes, 1, kernelSize, 1), groups: planes);
        images.copy_(blurred.reshape(images.shape));
    }

    private static Tensor Kernels(Tensor sigmas, int radius)
    {
        var distances = arange(Of(-radius), Of(radius + 1), One, ScalarType.Float32, sigmas.device).div(sigmas.unsqueeze(1));
        var weights = distances.pow_(Of(2)).mul_(Of(-0.5)).exp_();
        return weights.div_(weights.sum(1, keepdim: true));
    }
}
