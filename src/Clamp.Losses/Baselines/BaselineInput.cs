using Clamp.Losses.Distributed;
using Clamp.Losses.Tensors;
using static TorchSharp.torch;

namespace Clamp.Losses.Baselines;

/// <summary>The embeddings of one call of a baseline, checked, in the precision it is computed in: float32 for narrower types.</summary>
/// <param name="Views">z, or z on the unit sphere, [V, B, D].</param>
/// <param name="Part">Which images of those of all processes they are.</param>
internal readonly record struct BaselineInput(Tensor Views, BatchPart Part)
{
    /// <summary>How many images all processes have.</summary>
    public long AllImages => Part.AllImages;

    /// <summary>Checks embeddings; the members of a group agree on them.</summary>
    /// <param name="embeddings">z, [V, B, D], any floating dtype; rejected when not so.</param>
    /// <param name="group">The processes that share the batch.</param>
    /// <param name="loss">Which loss, which must be the same on all.</param>
    /// <param name="parameters">The loss's numbers, which must be the same on all.</param>
    public static BaselineInput Of(
        Tensor embeddings, IProcessGroup group, GroupCall loss, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        var images = GroupAgreement.OrRefuse(group, () =>
        {
            EmbeddingShape.ThrowIfNotViewMajor(embeddings, EmbeddingShape.LeastImages(group));
            return embeddings.shape[1];
        });

        var part = group.WorldSize == 1 ? BatchPart.Whole(images) : GroupAgreement.Of(group, embeddings, loss, parameters);
        return new(embeddings.dtype is ScalarType.Float16 or ScalarType.BFloat16 ? embeddings.to(float32) : embeddings, part);
    }

    /// <summary>The same with every embedding scaled to length 1; one shorter than 1e-12 is divided by that instead.</summary>
    public BaselineInput OnUnitSphere() => this with { Views = nn.functional.normalize(Views, p: 2, dim: -1, eps: 1e-12) };

    /// <summary>The same with the mean over all images subtracted from each dimension of each view.</summary>
    public BaselineInput Centred() => this with { Views = Views - Mean(Views) };

    /// <summary>The mean over all images, [V, 1, D].</summary>
    /// <param name="values">Of these images, [V, B, D].</param>
    public Tensor Mean(Tensor values) =>
        Collective.Share(Collective.Sum(values.sum([1], keepdim: true), Part.Group), Part.Group) / KeptScalars.Of(AllImages);

    /// <summary>What the processes have computed, added up.</summary>
    /// <param name="ofThese">What belongs to these images.</param>
    public Tensor Total(Tensor ofThese) => Collective.Sum(ofThese, Part.Group);

    /// <summary>The views of the images of all processes, [V, all, D], for each process to compute its own rows of pairs with.</summary>
    public Tensor OfAll()
    {
        var imageMajor = Collective.Gather(Views.transpose(0, 1), Part.Group, Part.FirstImage);
        return Collective.Share(imageMajor, Part.Group).transpose(0, 1);
    }

    /// <summary>Where the images of all processes stand, in one view or in several one after another, int64.</summary>
    /// <param name="views">How many views.</param>
    public Tensor Places(int views = 1) =>
        arange(KeptScalars.Of(0), KeptScalars.Of(views * AllImages), KeptScalars.One, dtype: int64, device: Views.device);

    /// <summary>Of values of the images of all processes those of these images.</summary>
    /// <param name="ofAll">One for each image.</param>
    public Tensor OfThese(Tensor ofAll) => ofAll.narrow(0, Part.FirstImage, Views.shape[1]);
}
