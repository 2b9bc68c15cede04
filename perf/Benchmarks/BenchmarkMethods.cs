using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using BenchmarkDotNet.Attributes;

namespace Unkey.Perf;

/// <summary>Runs the benchmark methods without BenchmarkDotNet: prepares each class with its smallest parameters and hands out its methods.</summary>
internal static class BenchmarkMethods
{
    /// <summary>Calls <paramref name="visitor"/> for every benchmark method whose name contains the filter.</summary>
    internal static void ForEach(string filter, IVisitor visitor)
    {
        foreach (Type type in typeof(BenchmarkMethods).Assembly.GetTypes().OrderBy(static t => t.Name))
        {
            List<MethodInfo> methods = [.. type.GetMethods().Where(m => m.GetCustomAttribute<BenchmarkAttribute>() is not null &&
                $"{type.Name}.{m.Name}".Contains(filter, StringComparison.OrdinalIgnoreCase))];
            if (methods.Count == 0)
            {
                continue;
            }

            object instance = Activator.CreateInstance(type)!;
            foreach (PropertyInfo property in type.GetProperties())
            {
                if (property.GetCustomAttribute<ParamsAttribute>() is { } parameters)
                {
                    property.SetValue(instance, parameters.Values.Min());
                }
            }

            Invoke<GlobalSetupAttribute>(instance);
            foreach (MethodInfo method in methods)
            {
                MethodInfo visit = typeof(IVisitor).GetMethod(nameof(IVisitor.Visit))!.MakeGenericMethod(method.ReturnType);
                Delegate call = method.CreateDelegate(typeof(Func<>).MakeGenericType(method.ReturnType), instance);
                visit.Invoke(visitor, [$"{type.Name}.{method.Name}", call]);
            }

            Invoke<GlobalCleanupAttribute>(instance);
        }
    }

    private static void Invoke<TAttribute>(object instance)
        where TAttribute : Attribute
    {
        foreach (MethodInfo method in instance.GetType().GetMethods())
        {
            if (method.GetCustomAttribute<TAttribute>() is not null)
            {
                method.Invoke(instance, null);
            }
        }
    }

    /// <summary>What is done with each method.</summary>
    internal interface IVisitor
    {
        public void Visit<T>(string name, Func<T> call);
    }
}
