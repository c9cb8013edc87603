using Clamp.Losses.Training;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Gallery;

/// <summary>What can be reached from some images by going from one to its neighbours.</summary>
public static class Neighbourhood
{
    /// <summary>The neighbours of images, then of these, and so on, nearest steps first, as long as there is room.</summary>
    /// <param name="embeddings">[N, F].</param>
    /// <param name="start">The rows to begin with.</param>
    /// <param name="k">How many neighbours each has.</param>
    /// <param name="most">How many images there may be in all, beyond which no more neighbours are taken.</param>
    /// <returns>The neighbours of every row that has them all.</returns>
    public static IReadOnlyDictionary<int, IReadOnlyList<GalleryEntry>> Of(Tensor embeddings, IReadOnlyCollection<int> start, int k, int most)
    {
        ArgumentNullException.ThrowIfNull(embeddings);
        ArgumentNullException.ThrowIfNull(start);
        var neighbours = new Dictionary<int, IReadOnlyList<GalleryEntry>>();
        var reached = start.ToHashSet();
        for (int[] edge = [.. reached]; edge.Length > 0;)
        {
            var found = SimilaritySearch.NearestOthers(embeddings, k, edge);
            var next = new List<int>();
            foreach (var (row, others) in edge.Zip(found))
            {
                int[] added = [.. others.Select(other => other.Index).Where(index => !reached.Contains(index))];
                if (reached.Count + added.Length > most)
                {
                    return neighbours;
                }

                reached.UnionWith(added);
                next.AddRange(added);
                neighbours[row] = [.. others.Select(other => new GalleryEntry(other.Index, other.Similarity))];
            }

            edge = [.. next];
        }

        return neighbours;
    }
}
