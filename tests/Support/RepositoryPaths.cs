using System.Reflection;

namespace Unkey.Tests.Support;

/// <summary>Where the repository is, taken from assembly metadata because caller paths are rewritten in CI builds.</summary>
internal static class RepositoryPaths
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        foreach (AssemblyMetadataAttribute attribute in typeof(RepositoryPaths).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>())
        {
            if (attribute.Key == "RepositoryRoot")
            {
                return attribute.Value!;
            }
        }

        throw new System.InvalidOperationException("The test assembly carries no RepositoryRoot metadata.");
    }
}
