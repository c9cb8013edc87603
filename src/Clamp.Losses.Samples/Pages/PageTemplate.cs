using System.Text.Json;

namespace Clamp.Losses.Samples.Pages;

/// <summary>The pages that are part of the program, and what is put into them.</summary>
internal static class PageTemplate
{
    private const string Place = "{{data}}";

    private static readonly JsonSerializerOptions Format = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>A page as it is in the program.</summary>
    /// <param name="name">Its name, such as gallery.html.</param>
    public static string Text(string name)
    {
        using var resource = typeof(PageTemplate).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(resource);
        return reader.ReadToEnd();
    }

    /// <summary>A page whose script is given its data.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="data">What it shows.</param>
    public static string Filled<T>(string name, T data) =>
        // The serialiser writes < and > as escapes: no name of a file or class can end the script element.
        Text(name).Replace(Place, JsonSerializer.Serialize(data, Format), StringComparison.Ordinal);
}
