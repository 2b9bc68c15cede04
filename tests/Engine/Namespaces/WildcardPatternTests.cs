using System.Text;
using Unkey.Engine.Namespaces;
using Xunit;

namespace Unkey.Engine.Tests.Namespaces;

public sealed class WildcardPatternTests
{
    [Theory]
    [InlineData("*@gmail.com", "a@gmail.com")]
    [InlineData("*@gmail.com", "@gmail.com")]
    [InlineData("hello*", "hello")]
    [InlineData("hello*", "hello world")]
    [InlineData("*world", "hello world")]
    [InlineData("h*d", "hd")]
    [InlineData("h*d", "hello world")]
    [InlineData("h*beau*world", "hello beautiful world")]
    [InlineData("*", "")]
    [InlineData("*", "anything at all")]
    [InlineData("**", "")]
    [InlineData("a**b", "ab")]
    [InlineData("*a*a*", "aa")]
    [InlineData("*ab*", "aab")]
    [InlineData("ü*", "über")]
    [InlineData("*ü", "menü")]
    [InlineData("a*", "a\nb")]
    [InlineData("[a].+?*", "[a].+?x")]
    [InlineData("exact", "exact")]
    public void TheWholeTextMatches(string pattern, string text) =>
        Assert.True(WildcardPattern.IsMatch(Encoding.UTF8.GetBytes(pattern), Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("*@gmail.com", "a@gmailxcom")]
    [InlineData("*@gmail.com", "a@gmail.com.au")]
    [InlineData("hello*", "say hello")]
    [InlineData("*world", "world!")]
    [InlineData("h*d", "hello")]
    [InlineData("h*beau*world", "hello world")]
    [InlineData("a*a", "a")]
    [InlineData("ab*ba", "aba")]
    [InlineData("*a*a*", "a")]
    [InlineData("Hello*", "hello")]
    [InlineData("a.c*", "abc")]
    [InlineData("exact", "exactly")]
    [InlineData("exact", "")]
    public void TheTextDoesNotMatch(string pattern, string text) =>
        Assert.False(WildcardPattern.IsMatch(Encoding.UTF8.GetBytes(pattern), Encoding.UTF8.GetBytes(text)));
}
