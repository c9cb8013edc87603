using Clamp.Losses.Samples.Analysis;

namespace Clamp.Losses.Samples.Tests.Analysis;

public sealed class ShortNameTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("fourteen chars", "fourteen chars")]
    [InlineData("fifteen letters", "fifteen\u2026etters")]
    [InlineData("golden retriever 17", "golden \u2026ver 17")]
    [InlineData("123456\U0001F415and 12345", "123456\u2026 12345")]
    [InlineData("1234567 and \U0001F41512345", "1234567\u202612345")]
    public void Of_AName_KeepsBothEndsAndWholeCharacters(string name, string expected) => ShortName.Of(name).Should().Be(expected);
}
